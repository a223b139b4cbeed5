package gateway

import (
	"errors"
	"testing"
	"time"

	storetypes "cosmossdk.io/store/types"
	"github.com/stretchr/testify/require"

	"github.com/cosmos/cosmos-sdk/codec"
	codectypes "github.com/cosmos/cosmos-sdk/codec/types"
	"github.com/cosmos/cosmos-sdk/runtime"
	"github.com/cosmos/cosmos-sdk/testutil"
	sdk "github.com/cosmos/cosmos-sdk/types"

	clienttypes "github.com/cosmos/ibc-go/v10/modules/core/02-client/types"
	channeltypes "github.com/cosmos/ibc-go/v10/modules/core/04-channel/types"

	"chainpod/tests/chain/x/gateway/types"
)

var now = time.Unix(1_700_000_000, 0).UTC()

// sender stands in for the core of IBC and notes what it was given.
type sender struct {
	fail    error
	sent    uint64
	timeout time.Time
	data    string
}

func (s *sender) SendPacket(
	_ sdk.Context, _, _ string, _ clienttypes.Height, timeout uint64, data []byte,
) (uint64, error) {
	if s.fail != nil {
		return 0, s.fail
	}
	s.sent++
	s.timeout = time.Unix(0, int64(timeout)).UTC()
	s.data = string(data)
	return s.sent, nil
}

func protoCodec() *codec.ProtoCodec { return codec.NewProtoCodec(codectypes.NewInterfaceRegistry()) }

// fixture returns a gateway with an empty state.
func fixture(t *testing.T) (sdk.Context, *Keeper, *sender) {
	t.Helper()
	key := storetypes.NewKVStoreKey(types.ModuleName)
	ctx := testutil.DefaultContext(key, storetypes.NewTransientStoreKey("transient")).WithBlockTime(now)
	core := &sender{}
	keeper, err := NewKeeper(protoCodec(), runtime.NewKVStoreService(key), core)
	require.NoError(t, err)
	require.NoError(t, keeper.InitGenesis(ctx, types.GenesisState{}))
	return ctx, keeper, core
}

func register(t *testing.T, ctx sdk.Context, keeper *Keeper, endpoints ...types.StorageEndpoint) {
	t.Helper()
	_, err := NewMsgServer(keeper).RegisterStorage(ctx, &types.MsgRegisterStorage{Endpoints: endpoints})
	require.NoError(t, err)
}

func TestARegistrationReplacesWhatIsKnown(t *testing.T) {
	ctx, keeper, _ := fixture(t)
	register(t, ctx, keeper,
		types.StorageEndpoint{ChainId: "mdsc", ApiEndpoint: "http://old"},
		types.StorageEndpoint{ChainId: "fdsc-0", ApiEndpoint: "http://fdsc-0"})
	register(t, ctx, keeper, types.StorageEndpoint{ChainId: "mdsc", ApiEndpoint: "http://new"})

	answer, err := NewQueryServer(keeper).StorageEndpoints(ctx, nil)

	require.NoError(t, err)
	encoded, err := codec.ProtoMarshalJSON(answer, nil)
	require.NoError(t, err)
	require.Equal(t, `{"endpoints":[{"chain_id":"fdsc-0","api_endpoint":"http://fdsc-0"},`+
		`{"chain_id":"mdsc","api_endpoint":"http://new"}],"pagination":null}`, string(encoded))
}

func TestASentPacketIsNoted(t *testing.T) {
	for name, c := range map[string]struct {
		seconds uint64
		want    time.Duration
	}{"default": {0, 10 * time.Minute}, "given": {7, 7 * time.Second}} {
		t.Run(name, func(t *testing.T) {
			ctx, keeper, core := fixture(t)
			answer, err := NewMsgServer(keeper).SendPacket(ctx, &types.MsgSendPacket{
				ChannelId: "channel-3", Key: "k", Data: "d", TimeoutSeconds: c.seconds,
			})
			require.NoError(t, err)
			require.Equal(t, uint64(1), answer.Sequence)
			require.Equal(t, c.want, core.timeout.Sub(now))
			require.Equal(t, `{"key":"k","data":"d"}`, core.data)
			require.Equal(t, types.PACKET_STATUS_SENT, noted(t, ctx, keeper).Status)
		})
	}
}

func TestAPacketThatWasNotSentIsNotNoted(t *testing.T) {
	ctx, keeper, core := fixture(t)
	core.fail = errors.New("no such channel")
	_, err := NewMsgServer(keeper).SendPacket(ctx, &types.MsgSendPacket{ChannelId: "channel-3", Key: "k"})
	require.ErrorIs(t, err, core.fail)
	answer, err := NewQueryServer(keeper).Packets(ctx, nil)
	require.NoError(t, err)
	require.Empty(t, answer.Packets)
}

func TestAnAcknowledgementSettlesThePacket(t *testing.T) {
	refusal := channeltypes.NewErrorAcknowledgement(errors.New("no room"))
	for name, c := range map[string]struct {
		ack    []byte
		status types.PacketStatus
		reason string
	}{
		"taken":   {channeltypes.NewResultAcknowledgement([]byte{1}).Acknowledgement(), types.PACKET_STATUS_ACKNOWLEDGED, ""},
		"refused": {refusal.Acknowledgement(), types.PACKET_STATUS_REFUSED, refusal.GetError()},
	} {
		t.Run(name, func(t *testing.T) {
			ctx, keeper, packet := sent(t)
			require.NoError(t, NewIBCModule(keeper).OnAcknowledgementPacket(ctx, "", packet, c.ack, nil))
			require.Equal(t, c.status, noted(t, ctx, keeper).Status)
			require.Equal(t, c.reason, noted(t, ctx, keeper).Error)
		})
	}
}

func TestAnUnreadableAcknowledgementSettlesNothing(t *testing.T) {
	ctx, keeper, packet := sent(t)
	require.Error(t, NewIBCModule(keeper).OnAcknowledgementPacket(ctx, "", packet, []byte("{"), nil))
	require.Equal(t, types.PACKET_STATUS_SENT, noted(t, ctx, keeper).Status)
}

func TestATimeoutSettlesThePacket(t *testing.T) {
	ctx, keeper, packet := sent(t)
	require.NoError(t, NewIBCModule(keeper).OnTimeoutPacket(ctx, "", packet, nil))
	require.Equal(t, types.PACKET_STATUS_TIMED_OUT, noted(t, ctx, keeper).Status)
}

func TestWhatWasNeverSentCannotBeSettled(t *testing.T) {
	ctx, keeper, _ := sent(t)
	other := channeltypes.Packet{SourceChannel: "channel-3", Sequence: 2}
	require.Error(t, NewIBCModule(keeper).OnTimeoutPacket(ctx, "", other, nil))
}

func TestTheGatewayReceivesNoPackets(t *testing.T) {
	ctx, keeper, packet := sent(t)
	require.False(t, NewIBCModule(keeper).OnRecvPacket(ctx, "", packet, nil).Success())
}

func TestAGenesisStateComesBack(t *testing.T) {
	ctx, keeper, _ := sent(t)
	register(t, ctx, keeper, types.StorageEndpoint{ChainId: "mdsc", ApiEndpoint: "http://mdsc"})
	require.NoError(t, keeper.params.Set(ctx, types.Params{Admin: "cosmos19rl4cm2hmr8afy4kldpxz3fka4jguq0auqdal4"}))
	cdc := protoCodec()
	exported := NewModule(keeper).ExportGenesis(ctx, cdc)
	require.NoError(t, Module{}.ValidateGenesis(cdc, nil, exported))

	fresh, empty, _ := fixture(t)
	NewModule(empty).InitGenesis(fresh, cdc, exported)

	require.JSONEq(t, string(exported), string(NewModule(empty).ExportGenesis(fresh, cdc)))
	require.Contains(t, string(exported), `"key":"k"`)
	require.Contains(t, string(exported), `http://mdsc`)
	require.Contains(t, string(exported), `"admin":"cosmos19rl4`)
}

func TestAnUnreadableGenesisStateIsRefused(t *testing.T) {
	require.Error(t, Module{}.ValidateGenesis(protoCodec(), nil, []byte(`{"endpoints":1}`)))
	require.Error(t, Module{}.ValidateGenesis(protoCodec(), nil, []byte(`{"params":{"admin":"me"}}`)))
}

// sent returns a gateway that has sent one packet, and that packet.
func sent(t *testing.T) (sdk.Context, *Keeper, channeltypes.Packet) {
	t.Helper()
	ctx, keeper, _ := fixture(t)
	_, err := NewMsgServer(keeper).SendPacket(ctx, &types.MsgSendPacket{ChannelId: "channel-3", Key: "k", Data: "d"})
	require.NoError(t, err)
	return ctx, keeper, channeltypes.Packet{SourceChannel: "channel-3", Sequence: 1}
}

// noted returns the only packet that the gateway knows.
func noted(t *testing.T, ctx sdk.Context, keeper *Keeper) types.SentPacket {
	t.Helper()
	answer, err := NewQueryServer(keeper).Packets(ctx, nil)
	require.NoError(t, err)
	require.Len(t, answer.Packets, 1)
	return answer.Packets[0]
}
