// Package cli is the command line of a chain's binary.
package cli

import (
	"fmt"
	"os"
	"strings"

	"cosmossdk.io/log"
	cmtcfg "github.com/cometbft/cometbft/config"
	dbm "github.com/cosmos/cosmos-db"
	"github.com/spf13/cobra"

	"github.com/cosmos/cosmos-sdk/client"
	clientcfg "github.com/cosmos/cosmos-sdk/client/config"
	"github.com/cosmos/cosmos-sdk/server"
	svrcmd "github.com/cosmos/cosmos-sdk/server/cmd"
	servercfg "github.com/cosmos/cosmos-sdk/server/config"
	"github.com/cosmos/cosmos-sdk/version"
	authtypes "github.com/cosmos/cosmos-sdk/x/auth/types"

	"chainpod/tests/chain/app"
)

// Main runs the binary of a role and returns its exit code.
func Main(role app.Role) int {
	version.Name = role.Name
	version.AppName = role.Binary()
	root, err := newRootCmd(role)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	if err := svrcmd.Execute(root, strings.ToUpper(role.Binary()), role.DefaultHome()); err != nil {
		fmt.Fprintln(root.ErrOrStderr(), err)
		return 1
	}
	return 0
}

// newRootCmd builds the tree of commands. The application it builds for that
// has an empty database and only tells which modules and messages there are.
func newRootCmd(role app.Role) (*cobra.Command, error) {
	chain, err := app.New(role, log.NewNopLogger(), dbm.NewMemDB(), nil, false)
	if err != nil {
		return nil, err
	}
	initial := client.Context{}.
		WithCodec(chain.AppCodec()).
		WithInterfaceRegistry(chain.InterfaceRegistry()).
		WithTxConfig(chain.GetTxConfig()).
		WithLegacyAmino(chain.LegacyAmino()).
		WithInput(os.Stdin).
		WithAccountRetriever(authtypes.AccountRetriever{}).
		WithHomeDir(role.DefaultHome()).
		WithViper("")
	root := &cobra.Command{
		Use:           role.Binary(),
		Short:         "Node and client of the chain with the " + role.Module,
		SilenceErrors: true,
		PersistentPreRunE: func(cmd *cobra.Command, _ []string) error {
			return prepare(cmd, initial)
		},
	}
	addCommands(root, role, chain)
	if err := chain.AutoCLI().EnhanceRootCommand(root); err != nil {
		return nil, fmt.Errorf("generate commands: %w", err)
	}
	return root, nil
}

// prepare reads flags, environment and configuration files before a command runs.
func prepare(cmd *cobra.Command, initial client.Context) error {
	cmd.SetOut(cmd.OutOrStdout())
	cmd.SetErr(cmd.ErrOrStderr())
	ctx, err := client.ReadPersistentCommandFlags(initial.WithCmdContext(cmd.Context()), cmd.Flags())
	if err != nil {
		return err
	}
	if ctx, err = clientcfg.ReadFromClientConfig(ctx); err != nil {
		return err
	}
	if err := client.SetCmdClientContextHandler(ctx, cmd); err != nil {
		return err
	}
	return server.InterceptConfigsPreRunHandler(
		cmd, servercfg.DefaultConfigTemplate, servercfg.DefaultConfig(), cmtcfg.DefaultConfig(),
	)
}
