package gateway

import (
	"cosmossdk.io/collections"
	errorsmod "cosmossdk.io/errors"

	sdk "github.com/cosmos/cosmos-sdk/types"
	sdkerrors "github.com/cosmos/cosmos-sdk/types/errors"

	channeltypes "github.com/cosmos/ibc-go/v10/modules/core/04-channel/types"
	porttypes "github.com/cosmos/ibc-go/v10/modules/core/05-port/types"
	ibcexported "github.com/cosmos/ibc-go/v10/modules/core/exported"

	"chainpod/tests/chain/x/gateway/types"
	"chainpod/tests/chain/x/port"
)

// IBCModule serves the port `gateway`.
type IBCModule struct {
	port.Handshake
	keeper *Keeper
}

var _ porttypes.IBCModule = IBCModule{}

// NewIBCModule returns what serves the port.
func NewIBCModule(keeper *Keeper) IBCModule { return IBCModule{keeper: keeper} }

// OnRecvPacket refuses every packet, as the hub stores nothing.
func (IBCModule) OnRecvPacket(
	_ sdk.Context, _ string, _ channeltypes.Packet, _ sdk.AccAddress,
) ibcexported.Acknowledgement {
	return channeltypes.NewErrorAcknowledgement(errorsmod.Wrap(sdkerrors.ErrNotSupported, "the gateway receives no packets"))
}

// OnAcknowledgementPacket notes whether the store took the packet.
func (m IBCModule) OnAcknowledgementPacket(
	ctx sdk.Context, _ string, packet channeltypes.Packet, encoded []byte, _ sdk.AccAddress,
) error {
	var ack channeltypes.Acknowledgement
	if err := channeltypes.SubModuleCdc.UnmarshalJSON(encoded, &ack); err != nil {
		return errorsmod.Wrapf(sdkerrors.ErrUnknownRequest, "acknowledgement `%s`: %s", encoded, err)
	}
	if ack.Success() {
		return m.keeper.settle(ctx, id(packet), types.PACKET_STATUS_ACKNOWLEDGED, "")
	}
	return m.keeper.settle(ctx, id(packet), types.PACKET_STATUS_REFUSED, ack.GetError())
}

// OnTimeoutPacket notes that the store did not get the packet in time.
func (m IBCModule) OnTimeoutPacket(ctx sdk.Context, _ string, packet channeltypes.Packet, _ sdk.AccAddress) error {
	return m.keeper.settle(ctx, id(packet), types.PACKET_STATUS_TIMED_OUT, "")
}

func id(packet channeltypes.Packet) packetID {
	return collections.Join(packet.SourceChannel, packet.Sequence)
}
