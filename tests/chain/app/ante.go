package app

import (
	sdk "github.com/cosmos/cosmos-sdk/types"
	"github.com/cosmos/cosmos-sdk/x/auth/ante"

	ibcante "github.com/cosmos/ibc-go/v10/modules/core/ante"
)

// setAnteHandler installs what every transaction must pass before its messages
// run: fees, signatures, sequences, and no packet that another relayer brought.
func (app *App) setAnteHandler() error {
	handler, err := ante.NewAnteHandler(ante.HandlerOptions{
		AccountKeeper:   app.accounts,
		BankKeeper:      app.bank,
		SignModeHandler: app.txConfig.SignModeHandler(),
		SigGasConsumer:  ante.DefaultSigVerificationGasConsumer,
	})
	if err != nil {
		return err
	}
	app.SetAnteHandler(withoutRedundantRelays(handler, ibcante.NewRedundantRelayDecorator(app.ibc)))
	return nil
}

// withoutRedundantRelays runs the relay check after the handler, when the
// signatures are known to be good.
func withoutRedundantRelays(handler sdk.AnteHandler, relays ibcante.RedundantRelayDecorator) sdk.AnteHandler {
	pass := func(ctx sdk.Context, _ sdk.Tx, _ bool) (sdk.Context, error) { return ctx, nil }
	return func(ctx sdk.Context, tx sdk.Tx, simulate bool) (sdk.Context, error) {
		checked, err := handler(ctx, tx, simulate)
		if err != nil {
			return checked, err
		}
		return relays.AnteHandle(checked, tx, simulate, pass)
	}
}
