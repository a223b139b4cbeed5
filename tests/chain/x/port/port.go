// Package port is what the modules of the network have in common as IBC
// applications: which channels they accept and what a packet carries.
package port

import (
	errorsmod "cosmossdk.io/errors"

	sdk "github.com/cosmos/cosmos-sdk/types"

	channeltypes "github.com/cosmos/ibc-go/v10/modules/core/04-channel/types"
)

// Version is the only channel version that the modules speak.
const Version = "raidchain-1"

// Handshake opens and closes channels. It accepts unordered channels of the
// version Version and refuses all others. Modules embed it.
type Handshake struct{}

// OnChanOpenInit accepts or refuses a channel that was begun on this chain.
func (Handshake) OnChanOpenInit(
	_ sdk.Context, order channeltypes.Order, _ []string, _, _ string, _ channeltypes.Counterparty, version string,
) (string, error) {
	return Version, check(order, version)
}

// OnChanOpenTry accepts or refuses a channel that was begun on the other chain.
func (Handshake) OnChanOpenTry(
	_ sdk.Context, order channeltypes.Order, _ []string, _, _ string, _ channeltypes.Counterparty, version string,
) (string, error) {
	return Version, check(order, version)
}

// OnChanOpenAck accepts or refuses the version that the other chain answered.
func (Handshake) OnChanOpenAck(_ sdk.Context, _, _, _, version string) error {
	return check(channeltypes.UNORDERED, version)
}

// OnChanOpenConfirm accepts every channel, as it was examined before.
func (Handshake) OnChanOpenConfirm(_ sdk.Context, _, _ string) error { return nil }

// OnChanCloseInit lets anybody close a channel, so that tests can have closed ones.
func (Handshake) OnChanCloseInit(_ sdk.Context, _, _ string) error { return nil }

// OnChanCloseConfirm accepts that the other chain closed a channel.
func (Handshake) OnChanCloseConfirm(_ sdk.Context, _, _ string) error { return nil }

func check(order channeltypes.Order, version string) error {
	if order != channeltypes.UNORDERED {
		return errorsmod.Wrapf(channeltypes.ErrInvalidChannelOrdering, "`%s`, want `%s`", order, channeltypes.UNORDERED)
	}
	if version != Version {
		return errorsmod.Wrapf(channeltypes.ErrInvalidChannelVersion, "`%s`, want `%s`", version, Version)
	}
	return nil
}
