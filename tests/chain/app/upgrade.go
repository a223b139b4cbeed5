package app

import (
	"context"
	"errors"

	upgradetypes "cosmossdk.io/x/upgrade/types"

	clienttypes "github.com/cosmos/ibc-go/v10/modules/core/02-client/types"
)

// noUpgrades stands in for the upgrade module, which IBC asks for. The value is
// the reason it gives.
type noUpgrades string

var (
	_ clienttypes.UpgradeKeeper = noUpgrades("")

	neverUpgraded = noUpgrades("the chains of the test network are never upgraded")
)

// GetUpgradePlan answers that there is none.
func (noUpgrades) GetUpgradePlan(context.Context) (upgradetypes.Plan, error) {
	return upgradetypes.Plan{}, upgradetypes.ErrNoUpgradePlanFound
}

// GetUpgradedClient fails.
func (n noUpgrades) GetUpgradedClient(context.Context, int64) ([]byte, error) {
	return nil, errors.New(string(n))
}

// SetUpgradedClient fails.
func (n noUpgrades) SetUpgradedClient(context.Context, int64, []byte) error {
	return errors.New(string(n))
}

// GetUpgradedConsensusState fails.
func (n noUpgrades) GetUpgradedConsensusState(context.Context, int64) ([]byte, error) {
	return nil, errors.New(string(n))
}

// SetUpgradedConsensusState fails.
func (n noUpgrades) SetUpgradedConsensusState(context.Context, int64, []byte) error {
	return errors.New(string(n))
}

// ScheduleUpgrade fails.
func (n noUpgrades) ScheduleUpgrade(context.Context, upgradetypes.Plan) error {
	return errors.New(string(n))
}
