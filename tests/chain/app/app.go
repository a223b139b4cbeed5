package app

import (
	"fmt"
	"io"

	"cosmossdk.io/client/v2/autocli"
	"cosmossdk.io/core/appmodule"
	"cosmossdk.io/depinject"
	"cosmossdk.io/log"
	dbm "github.com/cosmos/cosmos-db"

	"github.com/cosmos/cosmos-sdk/baseapp"
	"github.com/cosmos/cosmos-sdk/client"
	"github.com/cosmos/cosmos-sdk/codec"
	addresscodec "github.com/cosmos/cosmos-sdk/codec/address"
	codectypes "github.com/cosmos/cosmos-sdk/codec/types"
	"github.com/cosmos/cosmos-sdk/runtime"
	runtimeservices "github.com/cosmos/cosmos-sdk/runtime/services"
	"github.com/cosmos/cosmos-sdk/types/module"
	authkeeper "github.com/cosmos/cosmos-sdk/x/auth/keeper"
	bankkeeper "github.com/cosmos/cosmos-sdk/x/bank/keeper"
	"github.com/cosmos/cosmos-sdk/x/genutil"
	genutiltypes "github.com/cosmos/cosmos-sdk/x/genutil/types"
	stakingkeeper "github.com/cosmos/cosmos-sdk/x/staking/keeper"

	ibckeeper "github.com/cosmos/ibc-go/v10/modules/core/keeper"
)

// App is the application of one chain.
type App struct {
	*runtime.App

	role              Role
	cdc               codec.Codec
	amino             *codec.LegacyAmino
	txConfig          client.TxConfig
	interfaceRegistry codectypes.InterfaceRegistry
	basics            module.BasicManager

	accounts authkeeper.AccountKeeper
	bank     bankkeeper.BaseKeeper
	staking  *stakingkeeper.Keeper
	ibc      *ibckeeper.Keeper
}

// New builds the application of a role over a database. With loadLatest it
// continues at the last height that the database knows.
func New(
	role Role, logger log.Logger, db dbm.DB, traceStore io.Writer, loadLatest bool,
	options ...func(*baseapp.BaseApp),
) (*App, error) {
	app := &App{role: role}
	var builder *runtime.AppBuilder
	basics := map[string]module.AppModuleBasic{
		genutiltypes.ModuleName: genutil.NewAppModuleBasic(genutiltypes.DefaultMessageValidator),
	}
	err := depinject.Inject(
		depinject.Configs(config(role), depinject.Supply(logger, basics)),
		&builder, &app.cdc, &app.amino, &app.txConfig, &app.interfaceRegistry, &app.basics,
		&app.accounts, &app.bank, &app.staking,
	)
	if err != nil {
		return nil, fmt.Errorf("wire `%s`: %w", role.Name, err)
	}
	app.App = builder.Build(db, traceStore, options...)
	if err := app.addIBC(); err != nil {
		return nil, fmt.Errorf("add ibc to `%s`: %w", role.Name, err)
	}
	if err := app.setAnteHandler(); err != nil {
		return nil, fmt.Errorf("set the checks of transactions: %w", err)
	}
	if err := app.Load(loadLatest); err != nil {
		return nil, fmt.Errorf("load `%s`: %w", role.Name, err)
	}
	return app, nil
}

// AppCodec returns the codec of the state and of genesis.
func (app *App) AppCodec() codec.Codec { return app.cdc }

// LegacyAmino returns the codec of old signing modes.
func (app *App) LegacyAmino() *codec.LegacyAmino { return app.amino }

// InterfaceRegistry returns the message types the application knows.
func (app *App) InterfaceRegistry() codectypes.InterfaceRegistry { return app.interfaceRegistry }

// Basics returns the parts of the modules that need no state.
func (app *App) Basics() module.BasicManager { return app.basics }

// GetTxConfig returns how transactions are encoded and signed.
func (app *App) GetTxConfig() client.TxConfig { return app.txConfig }

// GetBaseApp returns the application without its modules.
func (app *App) GetBaseApp() *baseapp.BaseApp { return app.BaseApp }

// GetIBCKeeper returns the keeper of clients, connections and channels.
func (app *App) GetIBCKeeper() *ibckeeper.Keeper { return app.ibc }

// AutoCLI returns what generates the query and transaction commands of the modules.
func (app *App) AutoCLI() autocli.AppOptions {
	modules := make(map[string]appmodule.AppModule, len(app.ModuleManager.Modules))
	for name, m := range app.ModuleManager.Modules {
		if m, ok := m.(appmodule.AppModule); ok {
			modules[name] = m
		}
	}
	return autocli.AppOptions{
		Modules:               modules,
		ModuleOptions:         runtimeservices.ExtractAutoCLIOptions(app.ModuleManager.Modules),
		AddressCodec:          addresscodec.NewBech32Codec(AccountPrefix),
		ValidatorAddressCodec: addresscodec.NewBech32Codec(AccountPrefix + "valoper"),
		ConsensusAddressCodec: addresscodec.NewBech32Codec(AccountPrefix + "valcons"),
	}
}
