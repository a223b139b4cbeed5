package storage

import (
	"context"

	"cosmossdk.io/collections"
	"cosmossdk.io/core/store"

	"github.com/cosmos/cosmos-sdk/codec"

	"chainpod/tests/chain/x/storage/types"
)

// itemID is the channel an item came by and its key.
type itemID = collections.Pair[string, string]

// Keeper is the state of the module.
type Keeper struct {
	items collections.Map[itemID, types.Item]
}

var _ types.QueryServer = (*Keeper)(nil)

// NewKeeper returns the keeper of the state in a store.
func NewKeeper(cdc codec.BinaryCodec, service store.KVStoreService) (*Keeper, error) {
	builder := collections.NewSchemaBuilder(service)
	keeper := &Keeper{items: collections.NewMap(
		builder, collections.NewPrefix(0), "items",
		collections.PairKeyCodec(collections.StringKey, collections.StringKey), codec.CollValue[types.Item](cdc),
	)}
	_, err := builder.Build()
	return keeper, err
}

// Set stores an item, and replaces one of the same channel and key.
func (k *Keeper) Set(ctx context.Context, item types.Item) error {
	return k.items.Set(ctx, collections.Join(item.ChannelId, item.Key), item)
}

// All returns the items by channel and key.
func (k *Keeper) All(ctx context.Context) ([]types.Item, error) {
	iterator, err := k.items.Iterate(ctx, nil)
	if err != nil {
		return nil, err
	}
	return iterator.Values()
}

// Items answers the query of the same name.
func (k *Keeper) Items(ctx context.Context, _ *types.QueryItemsRequest) (*types.QueryItemsResponse, error) {
	items, err := k.All(ctx)
	return &types.QueryItemsResponse{Items: items}, err
}
