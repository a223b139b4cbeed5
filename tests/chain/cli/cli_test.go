package cli

import (
	"io"
	"os"
	"path/filepath"
	"testing"

	"github.com/spf13/cobra"
	"github.com/stretchr/testify/require"

	svrcmd "github.com/cosmos/cosmos-sdk/server/cmd"
	genutiltypes "github.com/cosmos/cosmos-sdk/x/genutil/types"

	"chainpod/tests/chain/app"
)

const admin = "cosmos19rl4cm2hmr8afy4kldpxz3fka4jguq0auqdal4"

// run runs a command line of a role.
func run(t *testing.T, role app.Role, args ...string) error {
	t.Helper()
	root, err := newRootCmd(role)
	require.NoError(t, err)
	root.SetOut(io.Discard)
	root.SetErr(io.Discard)
	root.SetArgs(args)
	return svrcmd.Execute(root, "", t.TempDir())
}

func TestTheAdminIsWrittenIntoTheGenesisFile(t *testing.T) {
	home := t.TempDir()
	err := run(t, app.Gateway, "init", "gwc", "--chain-id", "gwc", "--home", home)
	require.NoError(t, err)

	err = run(t, app.Gateway, "genesis", "set-admin", admin, "--home", home)

	require.NoError(t, err)
	state, genesis, err := genutiltypes.GenesisStateFromGenFile(filepath.Join(home, "config", "genesis.json"))
	require.NoError(t, err)
	require.Equal(t, "gwc", genesis.ChainID)
	require.JSONEq(t, `{"params":{"admin":"`+admin+`"},"endpoints":[],"packets":[]}`, string(state["gateway"]))
	err = run(t, app.Gateway, "genesis", "validate", "--home", home)
	require.NoError(t, err)
}

func TestWhatIsNoAddressIsNoAdmin(t *testing.T) {
	home := t.TempDir()
	err := run(t, app.Gateway, "init", "gwc", "--chain-id", "gwc", "--home", home)
	require.NoError(t, err)
	before, err := os.ReadFile(filepath.Join(home, "config", "genesis.json"))
	require.NoError(t, err)

	err = run(t, app.Gateway, "genesis", "set-admin", "me", "--home", home)

	require.ErrorContains(t, err, "admin `me`")
	after, err := os.ReadFile(filepath.Join(home, "config", "genesis.json"))
	require.NoError(t, err)
	require.Equal(t, string(before), string(after))
}

func TestARegistrationIsCheckedBeforeItIsSent(t *testing.T) {
	for name, c := range map[string]struct {
		args []string
		want string
	}{
		"nothing":   {nil, "want pairs"},
		"odd count": {[]string{"fdsc-0", "http://fdsc-0:1317", "mdsc"}, "got 3 arguments"},
		"no id":     {[]string{"", "http://fdsc-0:1317"}, "empty id"},
		"no scheme": {[]string{"fdsc-0", "fdsc-0:1317"}, "is not a URL"},
	} {
		t.Run(name, func(t *testing.T) {
			args := append([]string{"tx", "gateway", "register-storage"}, c.args...)
			err := run(t, app.Gateway, append(args, "--from", admin, "--generate-only", "--chain-id", "gwc")...)
			require.ErrorContains(t, err, c.want)
		})
	}
}

func TestEveryRoleHasItsOwnCommands(t *testing.T) {
	own := map[app.Role][][]string{
		app.Gateway: {
			{"tx", "gateway", "register-storage"}, {"tx", "gateway", "send-packet"}, {"tx", "gateway", "close-channel"},
			{"query", "gateway", "endpoints"}, {"query", "gateway", "packets"}, {"query", "gateway", "params"},
			{"genesis", "set-admin"},
		},
		app.Metastore: {{"query", "metastore", "items"}},
		app.Datastore: {{"query", "datastore", "items"}},
	}
	for role := range own {
		root, err := newRootCmd(role)
		require.NoError(t, err)
		for owner, commands := range own {
			for _, command := range commands {
				require.Equal(t, owner == role, has(root, command), "%s %v", role.Binary(), command)
			}
		}
	}
}

func TestEveryRoleHasTheUsualCommands(t *testing.T) {
	for _, role := range []app.Role{app.Gateway, app.Metastore, app.Datastore} {
		root, err := newRootCmd(role)
		require.NoError(t, err)
		for _, command := range [][]string{
			{"init"}, {"start"}, {"status"}, {"version"}, {"export"}, {"keys", "add"}, {"comet", "show-node-id"},
			{"genesis", "add-genesis-account"}, {"genesis", "gentx"}, {"genesis", "collect-gentxs"}, {"genesis", "validate"},
			{"tx", "bank", "send"}, {"tx", "bank", "multi-send"}, {"query", "bank", "balances"}, {"query", "tx"},
			{"query", "block"}, {"query", "ibc", "channel", "channels"}, {"query", "auth", "account"},
		} {
			require.True(t, has(root, command), "%s %v", role.Binary(), command)
		}
	}
}

// has tells whether there is a command of exactly that name.
func has(root *cobra.Command, name []string) bool {
	found, _, err := root.Find(name)
	return err == nil && found.Name() == name[len(name)-1]
}
