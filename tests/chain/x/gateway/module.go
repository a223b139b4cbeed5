// Package gateway is the module of the hub: it knows where the stores are and
// sends packets to them.
package gateway

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

	"chainpod/tests/chain/x/gateway/types"
)

var (
	_ module.AppModule      = Module{}
	_ module.HasGenesis     = Module{}
	_ module.HasServices    = Module{}
	_ appmodule.AppModule   = Module{}
	_ module.AppModuleBasic = Module{}
)

// Module makes the gateway a part of an application.
type Module struct{ keeper *Keeper }

// NewModule returns the module over its state.
func NewModule(keeper *Keeper) Module { return Module{keeper} }

// IsOnePerModuleType marks the module for dependency injection.
func (Module) IsOnePerModuleType() {}

// IsAppModule marks the module for the application.
func (Module) IsAppModule() {}

// Name returns the name of the module.
func (Module) Name() string { return types.ModuleName }

// ConsensusVersion returns the version of the module's state.
func (Module) ConsensusVersion() uint64 { return 1 }

// RegisterLegacyAminoCodec does nothing: no message has an amino name.
func (Module) RegisterLegacyAminoCodec(*codec.LegacyAmino) {}

// RegisterInterfaces makes the messages known to the codecs.
func (Module) RegisterInterfaces(registry codectypes.InterfaceRegistry) {
	types.RegisterInterfaces(registry)
}

// RegisterServices connects messages and queries with their servers.
func (m Module) RegisterServices(configurator module.Configurator) {
	types.RegisterMsgServer(configurator.MsgServer(), NewMsgServer(m.keeper))
	types.RegisterQueryServer(configurator.QueryServer(), NewQueryServer(m.keeper))
}

// RegisterGRPCGatewayRoutes adds the queries to the REST API.
func (Module) RegisterGRPCGatewayRoutes(ctx client.Context, mux *gwruntime.ServeMux) {
	err := types.RegisterQueryHandlerClient(context.Background(), mux, types.NewQueryClient(ctx))
	if err != nil {
		panic(err) // The server has no other way to hear of it.
	}
}

// GetTxCmd returns `tx gateway`.
func (Module) GetTxCmd() *cobra.Command { return txCmd() }

// GetQueryCmd returns `query gateway`.
func (Module) GetQueryCmd() *cobra.Command { return queryCmd() }

// DefaultGenesis returns the empty state.
func (Module) DefaultGenesis(cdc codec.JSONCodec) json.RawMessage {
	return cdc.MustMarshalJSON(&types.GenesisState{})
}

// ValidateGenesis refuses a state that the module cannot start from.
func (Module) ValidateGenesis(cdc codec.JSONCodec, _ client.TxEncodingConfig, raw json.RawMessage) error {
	var genesis types.GenesisState
	if err := cdc.UnmarshalJSON(raw, &genesis); err != nil {
		return fmt.Errorf("genesis of `%s`: %w", types.ModuleName, err)
	}
	return genesis.Validate()
}

// InitGenesis writes the state that the chain starts from.
func (m Module) InitGenesis(ctx sdk.Context, cdc codec.JSONCodec, raw json.RawMessage) {
	var genesis types.GenesisState
	cdc.MustUnmarshalJSON(raw, &genesis)
	if err := m.keeper.InitGenesis(ctx, genesis); err != nil {
		panic(err) // The interface has no error.
	}
}

// ExportGenesis returns the state.
func (m Module) ExportGenesis(ctx sdk.Context, cdc codec.JSONCodec) json.RawMessage {
	genesis, err := m.keeper.ExportGenesis(ctx)
	if err != nil {
		panic(err) // The interface has no error.
	}
	return cdc.MustMarshalJSON(genesis)
}
