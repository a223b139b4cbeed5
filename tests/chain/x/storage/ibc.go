package storage

import (
	errorsmod "cosmossdk.io/errors"

	sdk "github.com/cosmos/cosmos-sdk/types"
	sdkerrors "github.com/cosmos/cosmos-sdk/types/errors"

	channeltypes "github.com/cosmos/ibc-go/v10/modules/core/04-channel/types"
	porttypes "github.com/cosmos/ibc-go/v10/modules/core/05-port/types"
	ibcexported "github.com/cosmos/ibc-go/v10/modules/core/exported"

	"chainpod/tests/chain/x/port"
	"chainpod/tests/chain/x/storage/types"
)

// IBCModule serves the port of the module.
type IBCModule struct {
	port.Handshake
	keeper *Keeper
}

var _ porttypes.IBCModule = IBCModule{}

// NewIBCModule returns what serves the port.
func NewIBCModule(keeper *Keeper) IBCModule { return IBCModule{keeper: keeper} }

// OnRecvPacket stores what the packet brings.
func (m IBCModule) OnRecvPacket(
	ctx sdk.Context, _ string, packet channeltypes.Packet, _ sdk.AccAddress,
) ibcexported.Acknowledgement {
	content, err := port.ParsePacket(packet.Data)
	if err != nil {
		return channeltypes.NewErrorAcknowledgement(errorsmod.Wrap(sdkerrors.ErrInvalidRequest, err.Error()))
	}
	err = m.keeper.Set(ctx, types.Item{
		ChannelId:     packet.DestinationChannel,
		Key:           content.Key,
		Data:          content.Data,
		SourcePort:    packet.SourcePort,
		SourceChannel: packet.SourceChannel,
	})
	if err != nil {
		return channeltypes.NewErrorAcknowledgement(err)
	}
	return channeltypes.NewResultAcknowledgement([]byte{1})
}

// OnAcknowledgementPacket fails, as a store sends nothing.
func (IBCModule) OnAcknowledgementPacket(
	_ sdk.Context, _ string, _ channeltypes.Packet, _ []byte, _ sdk.AccAddress,
) error {
	return errorsmod.Wrap(sdkerrors.ErrNotSupported, "a store sends no packets")
}

// OnTimeoutPacket fails, as a store sends nothing.
func (IBCModule) OnTimeoutPacket(_ sdk.Context, _ string, _ channeltypes.Packet, _ sdk.AccAddress) error {
	return errorsmod.Wrap(sdkerrors.ErrNotSupported, "a store sends no packets")
}
