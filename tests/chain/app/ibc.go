package app

import (
	storetypes "cosmossdk.io/store/types"

	"github.com/cosmos/cosmos-sdk/runtime"
	"github.com/cosmos/cosmos-sdk/types/module"
	authtypes "github.com/cosmos/cosmos-sdk/x/auth/types"

	ibc "github.com/cosmos/ibc-go/v10/modules/core"
	porttypes "github.com/cosmos/ibc-go/v10/modules/core/05-port/types"
	ibcexported "github.com/cosmos/ibc-go/v10/modules/core/exported"
	ibckeeper "github.com/cosmos/ibc-go/v10/modules/core/keeper"
	ibctm "github.com/cosmos/ibc-go/v10/modules/light-clients/07-tendermint"

	"chainpod/tests/chain/x/gateway"
	"chainpod/tests/chain/x/storage"
)

// authority is the account that may change parameters. Nobody has its key.
var authority = authtypes.NewModuleAddress("gov").String()

// addIBC adds the modules that the SDK's wiring does not know: the core of IBC,
// its light client, and the module of our own that serves the role's port.
func (app *App) addIBC() error {
	ibcKey := storetypes.NewKVStoreKey(ibcexported.StoreKey)
	ownKey := storetypes.NewKVStoreKey(app.role.Module)
	if err := app.RegisterStores(ibcKey, ownKey); err != nil {
		return err
	}
	app.ibc = ibckeeper.NewKeeper(app.cdc, runtime.NewKVStoreService(ibcKey), nil, neverUpgraded, authority)
	own, served, err := app.ownModule(ownKey)
	if err != nil {
		return err
	}
	app.ibc.SetRouter(porttypes.NewRouter().AddRoute(app.role.Module, served))

	light := ibctm.NewLightClientModule(app.cdc, app.ibc.ClientKeeper.GetStoreProvider())
	app.ibc.ClientKeeper.AddRoute(ibctm.ModuleName, &light)
	return app.RegisterModules(ibc.NewAppModule(app.ibc), ibctm.NewAppModule(light), own)
}

// ownModule returns the module that makes the role, and what serves its port.
func (app *App) ownModule(key *storetypes.KVStoreKey) (module.AppModule, porttypes.IBCModule, error) {
	service := runtime.NewKVStoreService(key)
	if app.role == Gateway {
		keeper, err := gateway.NewKeeper(app.cdc, service, app.ibc.ChannelKeeper)
		return gateway.NewModule(keeper), gateway.NewIBCModule(keeper), err
	}
	keeper, err := storage.NewKeeper(app.cdc, service)
	return storage.NewModule(app.role.Module, keeper), storage.NewIBCModule(keeper), err
}
