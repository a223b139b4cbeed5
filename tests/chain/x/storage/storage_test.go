package storage

import (
	"testing"

	storetypes "cosmossdk.io/store/types"
	"github.com/stretchr/testify/require"

	"github.com/cosmos/cosmos-sdk/codec"
	codectypes "github.com/cosmos/cosmos-sdk/codec/types"
	"github.com/cosmos/cosmos-sdk/runtime"
	"github.com/cosmos/cosmos-sdk/testutil"
	sdk "github.com/cosmos/cosmos-sdk/types"

	channeltypes "github.com/cosmos/ibc-go/v10/modules/core/04-channel/types"

	"chainpod/tests/chain/x/storage/types"
)

func protoCodec() *codec.ProtoCodec { return codec.NewProtoCodec(codectypes.NewInterfaceRegistry()) }

// fixture returns a store with an empty state.
func fixture(t *testing.T) (sdk.Context, *Keeper) {
	t.Helper()
	key := storetypes.NewKVStoreKey("datastore")
	keeper, err := NewKeeper(protoCodec(), runtime.NewKVStoreService(key))
	require.NoError(t, err)
	return testutil.DefaultContext(key, storetypes.NewTransientStoreKey("transient")), keeper
}

// receive brings data to the store and tells whether the store took it.
func receive(ctx sdk.Context, keeper *Keeper, channel, data string) bool {
	packet := channeltypes.Packet{
		SourcePort: "gateway", SourceChannel: "channel-7", DestinationChannel: channel, Data: []byte(data),
	}
	return NewIBCModule(keeper).OnRecvPacket(ctx, "", packet, nil).Success()
}

func item(channel, key, data string) types.Item {
	return types.Item{ChannelId: channel, Key: key, Data: data, SourcePort: "gateway", SourceChannel: "channel-7"}
}

func TestEveryChannelHasItsOwnKeys(t *testing.T) {
	ctx, keeper := fixture(t)
	require.True(t, receive(ctx, keeper, "channel-1", `{"key":"k","data":"one"}`))
	require.True(t, receive(ctx, keeper, "channel-0", `{"key":"k","data":"old"}`))
	require.True(t, receive(ctx, keeper, "channel-0", `{"key":"k","data":"new"}`))

	answer, err := keeper.Items(ctx, nil)

	require.NoError(t, err)
	require.Equal(t, []types.Item{item("channel-0", "k", "new"), item("channel-1", "k", "one")}, answer.Items)
}

func TestWhatIsNoPacketIsNotStored(t *testing.T) {
	ctx, keeper := fixture(t)
	require.False(t, receive(ctx, keeper, "channel-0", `{"data":"no key"}`))
	items, err := keeper.All(ctx)
	require.NoError(t, err)
	require.Empty(t, items)
}

func TestAStoreSendsNothing(t *testing.T) {
	module := NewIBCModule(nil)
	require.Error(t, module.OnAcknowledgementPacket(sdk.Context{}, "", channeltypes.Packet{}, nil, nil))
	require.Error(t, module.OnTimeoutPacket(sdk.Context{}, "", channeltypes.Packet{}, nil))
}

func TestAGenesisStateComesBack(t *testing.T) {
	ctx, keeper := fixture(t)
	require.True(t, receive(ctx, keeper, "channel-0", `{"key":"k","data":"d"}`))
	cdc := protoCodec()
	exported := NewModule("datastore", keeper).ExportGenesis(ctx, cdc)
	require.NoError(t, Module{}.ValidateGenesis(cdc, nil, exported))

	fresh, empty := fixture(t)
	NewModule("datastore", empty).InitGenesis(fresh, cdc, exported)

	items, err := empty.All(fresh)
	require.NoError(t, err)
	require.Equal(t, []types.Item{item("channel-0", "k", "d")}, items)
}

func TestAGenesisStateThatContradictsItselfIsRefused(t *testing.T) {
	twice := types.GenesisState{Items: []types.Item{item("channel-0", "k", "a"), item("channel-0", "k", "b")}}
	nameless := types.GenesisState{Items: []types.Item{item("channel-0", "", "a")}}
	for _, state := range []types.GenesisState{twice, nameless} {
		raw := protoCodec().MustMarshalJSON(&state)
		require.Error(t, Module{}.ValidateGenesis(protoCodec(), nil, raw))
	}
	require.Error(t, Module{}.ValidateGenesis(protoCodec(), nil, []byte(`[]`)))
}
