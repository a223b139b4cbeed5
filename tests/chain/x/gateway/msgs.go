package gateway

import (
	"context"
	"time"

	sdk "github.com/cosmos/cosmos-sdk/types"

	clienttypes "github.com/cosmos/ibc-go/v10/modules/core/02-client/types"

	"chainpod/tests/chain/x/gateway/types"
	"chainpod/tests/chain/x/port"
)

// defaultTimeout is how long a packet is worth delivering when its sender does not say.
const defaultTimeout = 10 * time.Minute

// msgServer changes the state at the request of accounts. The router validates
// every message before it comes here (cosmos-sdk v0.53.4,
// baseapp/msg_service_router.go:178).
type msgServer struct{ keeper *Keeper }

var _ types.MsgServer = msgServer{}

// NewMsgServer returns the server of the module's messages.
func NewMsgServer(keeper *Keeper) types.MsgServer { return msgServer{keeper} }

// RegisterStorage stores endpoints, and replaces those that are known already.
func (s msgServer) RegisterStorage(
	ctx context.Context, msg *types.MsgRegisterStorage,
) (*types.MsgRegisterStorageResponse, error) {
	events := sdk.UnwrapSDKContext(ctx).EventManager()
	for _, endpoint := range msg.Endpoints {
		if err := s.keeper.endpoints.Set(ctx, endpoint.ChainId, endpoint); err != nil {
			return nil, err
		}
		events.EmitEvent(sdk.NewEvent("register_storage",
			sdk.NewAttribute("chain_id", endpoint.ChainId),
			sdk.NewAttribute("api_endpoint", endpoint.ApiEndpoint),
		))
	}
	return &types.MsgRegisterStorageResponse{}, nil
}

// SendPacket sends data over a channel and notes that it did.
func (s msgServer) SendPacket(ctx context.Context, msg *types.MsgSendPacket) (*types.MsgSendPacketResponse, error) {
	timeout := defaultTimeout
	if msg.TimeoutSeconds != 0 {
		timeout = time.Duration(msg.TimeoutSeconds) * time.Second
	}
	sdkCtx := sdk.UnwrapSDKContext(ctx)
	deadline := uint64(sdkCtx.BlockTime().Add(timeout).UnixNano())
	data := port.Packet{Key: msg.Key, Data: msg.Data}.Bytes()
	sequence, err := s.keeper.sender.SendPacket(
		sdkCtx, types.ModuleName, msg.ChannelId, clienttypes.ZeroHeight(), deadline, data,
	)
	if err != nil {
		return nil, err
	}
	err = s.keeper.setPacket(ctx, types.SentPacket{
		ChannelId: msg.ChannelId,
		Sequence:  sequence,
		Key:       msg.Key,
		Data:      msg.Data,
		Status:    types.PACKET_STATUS_SENT,
	})
	return &types.MsgSendPacketResponse{Sequence: sequence}, err
}
