package gateway

import (
	"context"

	"cosmossdk.io/collections"
	"cosmossdk.io/core/store"

	"github.com/cosmos/cosmos-sdk/codec"
	sdk "github.com/cosmos/cosmos-sdk/types"

	clienttypes "github.com/cosmos/ibc-go/v10/modules/core/02-client/types"

	"chainpod/tests/chain/x/gateway/types"
)

// PacketSender hands packets to the core of IBC.
type PacketSender interface {
	SendPacket(
		ctx sdk.Context, sourcePort, sourceChannel string,
		timeoutHeight clienttypes.Height, timeoutTimestamp uint64, data []byte,
	) (sequence uint64, err error)
}

// packetID is the channel a packet left by and its number there.
type packetID = collections.Pair[string, uint64]

// Keeper is the state of the module.
type Keeper struct {
	sender PacketSender

	params    collections.Item[types.Params]
	endpoints collections.Map[string, types.StorageEndpoint]
	packets   collections.Map[packetID, types.SentPacket]
}

// NewKeeper returns the keeper of the state in a store.
func NewKeeper(cdc codec.BinaryCodec, service store.KVStoreService, sender PacketSender) (*Keeper, error) {
	builder := collections.NewSchemaBuilder(service)
	keeper := &Keeper{
		sender: sender,
		params: collections.NewItem(builder, collections.NewPrefix(0), "params", codec.CollValue[types.Params](cdc)),
		endpoints: collections.NewMap(
			builder, collections.NewPrefix(1), "endpoints",
			collections.StringKey, codec.CollValue[types.StorageEndpoint](cdc),
		),
		packets: collections.NewMap(
			builder, collections.NewPrefix(2), "packets",
			collections.PairKeyCodec(collections.StringKey, collections.Uint64Key), codec.CollValue[types.SentPacket](cdc),
		),
	}
	_, err := builder.Build()
	return keeper, err
}

// InitGenesis writes a whole state.
func (k *Keeper) InitGenesis(ctx context.Context, genesis types.GenesisState) error {
	if err := k.params.Set(ctx, genesis.Params); err != nil {
		return err
	}
	for _, endpoint := range genesis.Endpoints {
		if err := k.endpoints.Set(ctx, endpoint.ChainId, endpoint); err != nil {
			return err
		}
	}
	for _, packet := range genesis.Packets {
		if err := k.setPacket(ctx, packet); err != nil {
			return err
		}
	}
	return nil
}

// ExportGenesis reads the whole state.
func (k *Keeper) ExportGenesis(ctx context.Context) (*types.GenesisState, error) {
	params, err := k.params.Get(ctx)
	if err != nil {
		return nil, err
	}
	endpoints, err := values(ctx, k.endpoints)
	if err != nil {
		return nil, err
	}
	packets, err := values(ctx, k.packets)
	if err != nil {
		return nil, err
	}
	return &types.GenesisState{Params: params, Endpoints: endpoints, Packets: packets}, nil
}

func (k *Keeper) setPacket(ctx context.Context, packet types.SentPacket) error {
	return k.packets.Set(ctx, collections.Join(packet.ChannelId, packet.Sequence), packet)
}

// settle notes what became of a packet.
func (k *Keeper) settle(ctx context.Context, id packetID, status types.PacketStatus, reason string) error {
	packet, err := k.packets.Get(ctx, id)
	if err != nil {
		return err
	}
	packet.Status = status
	packet.Error = reason
	return k.packets.Set(ctx, id, packet)
}

// values returns all values of a map in the order of their keys.
func values[K, V any](ctx context.Context, m collections.Map[K, V]) ([]V, error) {
	iterator, err := m.Iterate(ctx, nil)
	if err != nil {
		return nil, err
	}
	return iterator.Values()
}
