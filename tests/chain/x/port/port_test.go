package port

import (
	"testing"

	"github.com/stretchr/testify/require"

	sdk "github.com/cosmos/cosmos-sdk/types"

	channeltypes "github.com/cosmos/ibc-go/v10/modules/core/04-channel/types"
)

func TestOnlyUnorderedChannelsOfTheVersionAreAccepted(t *testing.T) {
	ctx := sdk.Context{}
	peer := channeltypes.Counterparty{}
	for name, c := range map[string]struct {
		order   channeltypes.Order
		version string
		want    error
	}{
		"good":          {channeltypes.UNORDERED, "raidchain-1", nil},
		"ordered":       {channeltypes.ORDERED, "raidchain-1", channeltypes.ErrInvalidChannelOrdering},
		"no order":      {channeltypes.NONE, "raidchain-1", channeltypes.ErrInvalidChannelOrdering},
		"other version": {channeltypes.UNORDERED, "raidchain-2", channeltypes.ErrInvalidChannelVersion},
		"no version":    {channeltypes.UNORDERED, "", channeltypes.ErrInvalidChannelVersion},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := Handshake{}.OnChanOpenInit(ctx, c.order, nil, "gateway", "channel-0", peer, c.version)
			require.ErrorIs(t, err, c.want)
			version, err := Handshake{}.OnChanOpenTry(ctx, c.order, nil, "gateway", "channel-0", peer, c.version)
			require.ErrorIs(t, err, c.want)
			require.Equal(t, "raidchain-1", version)
		})
	}
}

func TestTheVersionThatTheOtherChainAnswersMustBeOurs(t *testing.T) {
	ctx := sdk.Context{}
	require.NoError(t, Handshake{}.OnChanOpenAck(ctx, "gateway", "channel-0", "channel-0", "raidchain-1"))
	require.ErrorIs(t,
		Handshake{}.OnChanOpenAck(ctx, "gateway", "channel-0", "channel-0", "ics20-1"),
		channeltypes.ErrInvalidChannelVersion)
}

func TestAPacketParsesBack(t *testing.T) {
	for _, packet := range []Packet{{Key: "k"}, {Key: "a/b", Data: "\"\n\u2028"}} {
		parsed, err := ParsePacket(packet.Bytes())
		require.NoError(t, err)
		require.Equal(t, packet, parsed)
	}
}

func TestWhatIsNoPacketIsRefused(t *testing.T) {
	for _, encoded := range []string{
		"", "k", "[]", `{}`, `{"data":"d"}`, `{"key":1}`, `{"key":"k","more":1}`, `{"key":"k"} {"key":"l"}`,
	} {
		_, err := ParsePacket([]byte(encoded))
		require.Error(t, err, encoded)
	}
}
