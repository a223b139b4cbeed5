package gateway

import (
	"context"

	"chainpod/tests/chain/x/gateway/types"
)

// queryServer reads the state for clients.
type queryServer struct{ keeper *Keeper }

var _ types.QueryServer = queryServer{}

// NewQueryServer returns the server of the module's queries.
func NewQueryServer(keeper *Keeper) types.QueryServer { return queryServer{keeper} }

// Params answers the settings of the module.
func (s queryServer) Params(ctx context.Context, _ *types.QueryParamsRequest) (*types.QueryParamsResponse, error) {
	params, err := s.keeper.params.Get(ctx)
	return &types.QueryParamsResponse{Params: params}, err
}

// StorageEndpoints answers the registered endpoints in the order of their ids.
func (s queryServer) StorageEndpoints(
	ctx context.Context, _ *types.QueryStorageEndpointsRequest,
) (*types.QueryStorageEndpointsResponse, error) {
	endpoints, err := values(ctx, s.keeper.endpoints)
	return &types.QueryStorageEndpointsResponse{Endpoints: endpoints}, err
}

// Packets answers the packets that were sent, by channel and sequence.
func (s queryServer) Packets(ctx context.Context, _ *types.QueryPacketsRequest) (*types.QueryPacketsResponse, error) {
	packets, err := values(ctx, s.keeper.packets)
	return &types.QueryPacketsResponse{Packets: packets}, err
}
