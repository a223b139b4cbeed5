// Package storage is the module of the stores: it keeps what packets bring.
// The metastore and the datastore are this module under two names.
package storage

import (
	"context"
	"encoding/json"
	"fmt"

	"cosmossdk.io/core/appmodule"
	gwruntime "github.com/grpc-ecosystem/grpc-gateway/runtime"
	"github.com/spf13/cobra"

	"github.com/cosmos/cosmos-sdk/client"
	"github.com/cosmos/cosmos-sdk/codec"
	codectypes "github.com/cosmos/cosmos-sdk/codec/types"
	sdk "github.com/cosmos/cosmos-sdk/types"
	"github.com/cosmos/cosmos-sdk/types/module"

	"chainpod/tests/chain/x/storage/types"
)

var (
	_ module.AppModule      = Module{}
	_ module.HasGenesis     = Module{}
	_ module.HasServices    = Module{}
	_ appmodule.AppModule   = Module{}
	_ module.AppModuleBasic = Module{}
)

// Module makes a store a part of an application.
type Module struct {
	name   string
	keeper *Keeper
}

// NewModule returns the module of a name over its state.
func NewModule(name string, keeper *Keeper) Module { return Module{name, keeper} }

// IsOnePerModuleType marks the module for dependency injection.
func (Module) IsOnePerModuleType() {}

// IsAppModule marks the module for the application.
func (Module) IsAppModule() {}

// Name returns the name of the module.
func (m Module) Name() string { return m.name }

// ConsensusVersion returns the version of the module's state.
func (Module) ConsensusVersion() uint64 { return 1 }

// RegisterLegacyAminoCodec does nothing: there are no messages.
func (Module) RegisterLegacyAminoCodec(*codec.LegacyAmino) {}

// RegisterInterfaces does nothing: there are no messages.
func (Module) RegisterInterfaces(codectypes.InterfaceRegistry) {}

// RegisterServices connects the queries with their server.
func (m Module) RegisterServices(configurator module.Configurator) {
	types.RegisterQueryServer(configurator.QueryServer(), m.keeper)
}

// RegisterGRPCGatewayRoutes adds the queries to the REST API.
func (Module) RegisterGRPCGatewayRoutes(ctx client.Context, mux *gwruntime.ServeMux) {
	err := types.RegisterQueryHandlerClient(context.Background(), mux, types.NewQueryClient(ctx))
	if err != nil {
		panic(err) // The server has no other way to hear of it.
	}
}

// GetQueryCmd returns `query <name>`.
func (m Module) GetQueryCmd() *cobra.Command { return queryCmd(m.name) }

// DefaultGenesis returns the empty state.
func (Module) DefaultGenesis(cdc codec.JSONCodec) json.RawMessage {
	return cdc.MustMarshalJSON(&types.GenesisState{})
}

// ValidateGenesis refuses a state that the module cannot start from.
func (m Module) ValidateGenesis(cdc codec.JSONCodec, _ client.TxEncodingConfig, raw json.RawMessage) error {
	var genesis types.GenesisState
	if err := cdc.UnmarshalJSON(raw, &genesis); err != nil {
		return fmt.Errorf("genesis of `%s`: %w", m.name, err)
	}
	return genesis.Validate()
}

// InitGenesis writes the state that the chain starts from.
func (m Module) InitGenesis(ctx sdk.Context, cdc codec.JSONCodec, raw json.RawMessage) {
	var genesis types.GenesisState
	cdc.MustUnmarshalJSON(raw, &genesis)
	for _, item := range genesis.Items {
		if err := m.keeper.Set(ctx, item); err != nil {
			panic(err) // The interface has no error.
		}
	}
}

// ExportGenesis returns the state.
func (m Module) ExportGenesis(ctx sdk.Context, cdc codec.JSONCodec) json.RawMessage {
	items, err := m.keeper.All(ctx)
	if err != nil {
		panic(err) // The interface has no error.
	}
	return cdc.MustMarshalJSON(&types.GenesisState{Items: items})
}
