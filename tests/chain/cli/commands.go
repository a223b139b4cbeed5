package cli

import (
	"errors"
	"io"

	"cosmossdk.io/log"
	dbm "github.com/cosmos/cosmos-db"
	"github.com/spf13/cobra"

	"github.com/cosmos/cosmos-sdk/client"
	"github.com/cosmos/cosmos-sdk/client/flags"
	"github.com/cosmos/cosmos-sdk/client/keys"
	"github.com/cosmos/cosmos-sdk/client/rpc"
	"github.com/cosmos/cosmos-sdk/server"
	servertypes "github.com/cosmos/cosmos-sdk/server/types"
	authcmd "github.com/cosmos/cosmos-sdk/x/auth/client/cli"
	genutilcli "github.com/cosmos/cosmos-sdk/x/genutil/client/cli"

	"chainpod/tests/chain/app"
	"chainpod/tests/chain/x/gateway"
)

// addCommands adds the commands that do not belong to a module.
func addCommands(root *cobra.Command, role app.Role, chain *app.App) {
	root.AddCommand(
		genutilcli.InitCmd(chain.Basics(), role.DefaultHome()),
		genesisCmd(role, chain),
		keys.Commands(),
		server.StatusCommand(),
		queryCmd(),
		txCmd(chain),
	)
	server.AddCommandsWithStartCmdOptions(root, role.DefaultHome(), create(role), export(role), server.StartCmdOptions{})
}

// genesisCmd returns the commands that edit genesis.json.
func genesisCmd(role app.Role, chain *app.App) *cobra.Command {
	cmd := genutilcli.Commands(chain.GetTxConfig(), chain.Basics(), role.DefaultHome())
	if role == app.Gateway {
		cmd.AddCommand(gateway.SetAdminCmd(role.DefaultHome()))
	}
	return cmd
}

// queryCmd returns the commands that read the state of a running chain.
func queryCmd() *cobra.Command {
	cmd := &cobra.Command{
		Use:     "query",
		Aliases: []string{"q"},
		Short:   "Read the state of a running chain",
		RunE:    client.ValidateCmd,
	}
	cmd.AddCommand(
		rpc.ValidatorCommand(),
		rpc.WaitTxCmd(),
		server.QueryBlockCmd(),
		server.QueryBlocksCmd(),
		server.QueryBlockResultsCmd(),
		authcmd.QueryTxCmd(),
		authcmd.QueryTxsByEventsCmd(),
	)
	return cmd
}

// txCmd returns the commands that make, sign and send transactions.
func txCmd(chain *app.App) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "tx",
		Short: "Make, sign and send transactions",
		RunE:  client.ValidateCmd,
	}
	cmd.AddCommand(
		authcmd.GetSignCommand(),
		authcmd.GetSignBatchCommand(),
		authcmd.GetMultiSignCommand(),
		authcmd.GetValidateSignaturesCommand(),
		authcmd.GetBroadcastCommand(),
		authcmd.GetEncodeCommand(),
		authcmd.GetDecodeCommand(),
		authcmd.GetSimulateCmd(),
	)
	chain.Basics().AddTxCommands(cmd)
	cmd.PersistentFlags().String(flags.FlagChainID, "", "The network chain ID")
	return cmd
}

// create returns what builds the application when the node starts.
func create(role app.Role) servertypes.AppCreator {
	return func(logger log.Logger, db dbm.DB, trace io.Writer, options servertypes.AppOptions) servertypes.Application {
		chain, err := app.New(role, logger, db, trace, true, server.DefaultBaseappOptions(options)...)
		if err != nil {
			panic(err) // The server has no other way to hear of it.
		}
		return chain
	}
}

// export returns what writes the state of a stopped node as a genesis.
func export(role app.Role) servertypes.AppExporter {
	return func(
		logger log.Logger, db dbm.DB, trace io.Writer, height int64, forZeroHeight bool, _ []string,
		_ servertypes.AppOptions, modules []string,
	) (servertypes.ExportedApp, error) {
		if forZeroHeight {
			return servertypes.ExportedApp{}, errors.New("export for height zero is not supported")
		}
		chain, err := app.New(role, logger, db, trace, height == -1)
		if err != nil {
			return servertypes.ExportedApp{}, err
		}
		if height != -1 {
			if err := chain.LoadHeight(height); err != nil {
				return servertypes.ExportedApp{}, err
			}
		}
		return chain.Export(modules)
	}
}
