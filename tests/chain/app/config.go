package app

import (
	"os"

	runtimev1alpha1 "cosmossdk.io/api/cosmos/app/runtime/v1alpha1"
	appv1alpha1 "cosmossdk.io/api/cosmos/app/v1alpha1"
	authmodulev1 "cosmossdk.io/api/cosmos/auth/module/v1"
	bankmodulev1 "cosmossdk.io/api/cosmos/bank/module/v1"
	consensusmodulev1 "cosmossdk.io/api/cosmos/consensus/module/v1"
	distrmodulev1 "cosmossdk.io/api/cosmos/distribution/module/v1"
	genutilmodulev1 "cosmossdk.io/api/cosmos/genutil/module/v1"
	stakingmodulev1 "cosmossdk.io/api/cosmos/staking/module/v1"
	txconfigv1 "cosmossdk.io/api/cosmos/tx/config/v1"
	"cosmossdk.io/core/appconfig"
	"cosmossdk.io/depinject"

	sdk "github.com/cosmos/cosmos-sdk/types"
	_ "github.com/cosmos/cosmos-sdk/x/auth"           // Registers the module.
	_ "github.com/cosmos/cosmos-sdk/x/auth/tx/config" // Registers the module.
	authtypes "github.com/cosmos/cosmos-sdk/x/auth/types"
	_ "github.com/cosmos/cosmos-sdk/x/bank" // Registers the module.
	banktypes "github.com/cosmos/cosmos-sdk/x/bank/types"
	_ "github.com/cosmos/cosmos-sdk/x/consensus" // Registers the module.
	consensustypes "github.com/cosmos/cosmos-sdk/x/consensus/types"
	_ "github.com/cosmos/cosmos-sdk/x/distribution" // Registers the module.
	distrtypes "github.com/cosmos/cosmos-sdk/x/distribution/types"
	genutiltypes "github.com/cosmos/cosmos-sdk/x/genutil/types"
	_ "github.com/cosmos/cosmos-sdk/x/staking" // Registers the module.
	stakingtypes "github.com/cosmos/cosmos-sdk/x/staking/types"

	ibcexported "github.com/cosmos/ibc-go/v10/modules/core/exported"
)

// Denom is the coin that pays fees and is staked.
const Denom = "uatom"

// AccountPrefix is the human-readable part of account addresses.
const AccountPrefix = "cosmos"

func init() {
	// The default genesis of every module asks this variable.
	sdk.DefaultBondDenom = Denom
}

// SequenceOnly is a variable of the environment: if it is set, the chain takes
// no transaction without a sequence, as chains before SDK 0.53 do.
const SequenceOnly = "TESTCHAIN_SEQUENCE_ONLY"

// moduleAccounts lists the accounts that modules own, and what each may do.
var moduleAccounts = []*authmodulev1.ModuleAccountPermission{
	{Account: authtypes.FeeCollectorName},
	{Account: distrtypes.ModuleName},
	{Account: stakingtypes.BondedPoolName, Permissions: []string{authtypes.Burner, authtypes.Staking}},
	{Account: stakingtypes.NotBondedPoolName, Permissions: []string{authtypes.Burner, authtypes.Staking}},
}

// config returns the wiring of the modules that come from the SDK, and the
// order in which all modules run.
func config(role Role) depinject.Config {
	return appconfig.Compose(&appv1alpha1.Config{Modules: []*appv1alpha1.ModuleConfig{
		{Name: "runtime", Config: appconfig.WrapAny(runtimeConfig(role))},
		{Name: authtypes.ModuleName, Config: appconfig.WrapAny(&authmodulev1.Module{
			Bech32Prefix:                AccountPrefix,
			ModuleAccountPermissions:    moduleAccounts,
			EnableUnorderedTransactions: os.Getenv(SequenceOnly) == "",
		})},
		{Name: banktypes.ModuleName, Config: appconfig.WrapAny(&bankmodulev1.Module{})},
		{Name: stakingtypes.ModuleName, Config: appconfig.WrapAny(&stakingmodulev1.Module{})},
		{Name: distrtypes.ModuleName, Config: appconfig.WrapAny(&distrmodulev1.Module{})},
		{Name: consensustypes.ModuleName, Config: appconfig.WrapAny(&consensusmodulev1.Module{})},
		{Name: genutiltypes.ModuleName, Config: appconfig.WrapAny(&genutilmodulev1.Module{})},
		{Name: "tx", Config: appconfig.WrapAny(&txconfigv1.Config{SkipAnteHandler: true})},
	}})
}

// runtimeConfig returns the order of the modules at each moment of a block.
func runtimeConfig(role Role) *runtimev1alpha1.Module {
	return &runtimev1alpha1.Module{
		AppName: role.Name,
		// Auth removes the unordered transactions whose time has passed.
		PreBlockers:   []string{authtypes.ModuleName},
		BeginBlockers: []string{distrtypes.ModuleName, stakingtypes.ModuleName, ibcexported.ModuleName},
		EndBlockers:   []string{stakingtypes.ModuleName},
		// Genutil delivers the genesis transactions, so it needs the pools of
		// staking with the tokens of bank in them.
		InitGenesis: []string{
			consensustypes.ModuleName,
			authtypes.ModuleName,
			banktypes.ModuleName,
			distrtypes.ModuleName,
			stakingtypes.ModuleName,
			genutiltypes.ModuleName,
			ibcexported.ModuleName,
			role.Module,
		},
		OverrideStoreKeys: []*runtimev1alpha1.StoreKeyConfig{
			{ModuleName: authtypes.ModuleName, KvStoreKey: authtypes.StoreKey},
		},
		SkipStoreKeys: []string{"tx"},
	}
}
