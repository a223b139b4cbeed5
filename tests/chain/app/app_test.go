package app_test

import (
	"encoding/json"
	"testing"
	"time"

	abci "github.com/cometbft/cometbft/abci/types"
	"github.com/stretchr/testify/require"

	"github.com/cosmos/cosmos-sdk/client/tx"
	sdk "github.com/cosmos/cosmos-sdk/types"
	"github.com/cosmos/cosmos-sdk/types/tx/signing"
	authsigning "github.com/cosmos/cosmos-sdk/x/auth/signing"
	stakingtypes "github.com/cosmos/cosmos-sdk/x/staking/types"

	channeltypes "github.com/cosmos/ibc-go/v10/modules/core/04-channel/types"
	host "github.com/cosmos/ibc-go/v10/modules/core/24-host"
	ibctesting "github.com/cosmos/ibc-go/v10/testing"

	"chainpod/tests/chain/app"
	gatewaytypes "chainpod/tests/chain/x/gateway/types"
)

func TestTheDefaultGenesisIsValidAndStakesTheDenom(t *testing.T) {
	for _, role := range []app.Role{app.Gateway, app.Metastore, app.Datastore} {
		t.Run(role.Name, func(t *testing.T) {
			chain := build(t, role)
			genesis := chain.DefaultGenesis()
			require.NoError(t, chain.Basics().ValidateGenesis(chain.AppCodec(), chain.GetTxConfig(), genesis))
			require.Contains(t, genesis, role.Module)
			var staking stakingtypes.GenesisState
			chain.AppCodec().MustUnmarshalJSON(genesis[stakingtypes.ModuleName], &staking)
			require.Equal(t, "uatom", staking.Params.BondDenom)
		})
	}
}

func TestAnExportedStateHoldsWhatWasWritten(t *testing.T) {
	hub := network(t, app.Datastore).EndpointA.Chain
	endpoint := gatewaytypes.StorageEndpoint{ChainId: "fdsc-0", ApiEndpoint: "http://fdsc-0:1317"}
	_, err := hub.SendMsgs(&gatewaytypes.MsgRegisterStorage{
		Creator: hub.SenderAccount.GetAddress().String(), Endpoints: []gatewaytypes.StorageEndpoint{endpoint},
	})
	require.NoError(t, err)

	exported, err := hub.App.(*app.App).Export(nil)

	require.NoError(t, err)
	require.Len(t, exported.Validators, 4)
	var state map[string]json.RawMessage
	require.NoError(t, json.Unmarshal(exported.AppState, &state))
	var genesis gatewaytypes.GenesisState
	hub.Codec.MustUnmarshalJSON(state["gateway"], &genesis)
	require.Equal(t, []gatewaytypes.StorageEndpoint{endpoint}, genesis.Endpoints)
}

func TestAMessageOfNoUseIsRefusedByTheChain(t *testing.T) {
	hub := network(t, app.Datastore).EndpointA.Chain
	_, err := hub.App.GetBaseApp().MsgServiceRouter().Handler(&gatewaytypes.MsgRegisterStorage{})(
		hub.GetContext(), &gatewaytypes.MsgRegisterStorage{Creator: hub.SenderAccount.GetAddress().String()})
	require.ErrorContains(t, err, "no endpoint to register")
}

func TestOneSequenceServesManyUnorderedTransactions(t *testing.T) {
	hub := network(t, app.Datastore).EndpointA.Chain
	msg := &gatewaytypes.MsgRegisterStorage{
		Creator:   hub.SenderAccount.GetAddress().String(),
		Endpoints: []gatewaytypes.StorageEndpoint{{ChainId: "fdsc-0", ApiEndpoint: "http://fdsc-0:1317"}},
	}
	for i := range 3 {
		timeout := hub.ProposedHeader.Time.Add(time.Minute + time.Duration(i))
		require.Zero(t, check(t, hub, msg, timeout).Code)
	}
	require.Zero(t, check(t, hub, msg, time.Time{}).Code)
	again := check(t, hub, msg, time.Time{})
	require.Contains(t, again.Log, "account sequence mismatch")
}

func TestAPacketThatAnotherRelayerBroughtIsRefused(t *testing.T) {
	path := network(t, app.Datastore)
	path.CreateChannels()
	sent := send(t, path, "k", "d", 0)
	require.NoError(t, path.EndpointB.UpdateClient())
	proof, height := path.EndpointA.QueryProof(
		host.PacketCommitmentKey(sent.SourcePort, sent.SourceChannel, sent.Sequence))
	store := path.EndpointB.Chain
	msg := channeltypes.NewMsgRecvPacket(sent, proof, height, store.SenderAccount.GetAddress().String())
	_, err := store.SendMsgs(msg)
	require.NoError(t, err)

	again := check(t, store, msg, time.Time{})

	require.Equal(t, channeltypes.ErrRedundantTx.ABCICode(), again.Code, again.Log)
}

// check hands a transaction of the chain's sender to the mempool's check. With
// a timeout it is unordered, without one it has the sender's next sequence.
func check(t *testing.T, chain *ibctesting.TestChain, msg sdk.Msg, timeout time.Time) *abci.ResponseCheckTx {
	t.Helper()
	builder := chain.TxConfig.NewTxBuilder()
	require.NoError(t, builder.SetMsgs(msg))
	builder.SetGasLimit(200000)
	builder.SetFeeAmount(sdk.NewCoins(sdk.NewInt64Coin(app.Denom, 1)))
	sequence := chain.SenderAccount.GetSequence()
	if !timeout.IsZero() {
		builder.SetUnordered(true)
		builder.SetTimeoutTimestamp(timeout)
		sequence = 0
	}
	// The signature is over who signs, so that must be there before it.
	require.NoError(t, builder.SetSignatures(signing.SignatureV2{
		PubKey:   chain.SenderPrivKey.PubKey(),
		Data:     &signing.SingleSignatureData{SignMode: signing.SignMode_SIGN_MODE_DIRECT},
		Sequence: sequence,
	}))
	signature, err := tx.SignWithPrivKey(t.Context(), signing.SignMode_SIGN_MODE_DIRECT, authsigning.SignerData{
		Address:       chain.SenderAccount.GetAddress().String(),
		ChainID:       chain.ChainID,
		AccountNumber: chain.SenderAccount.GetAccountNumber(),
		Sequence:      sequence,
		PubKey:        chain.SenderPrivKey.PubKey(),
	}, builder, chain.SenderPrivKey, chain.TxConfig, sequence)
	require.NoError(t, err)
	require.NoError(t, builder.SetSignatures(signature))
	encoded, err := chain.TxConfig.TxEncoder()(builder.GetTx())
	require.NoError(t, err)
	result, err := chain.App.CheckTx(&abci.RequestCheckTx{Tx: encoded, Type: abci.CheckTxType_New})
	require.NoError(t, err)
	return result
}
