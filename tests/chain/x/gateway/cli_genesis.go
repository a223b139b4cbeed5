package gateway

import (
	"encoding/json"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/cosmos/cosmos-sdk/client"
	"github.com/cosmos/cosmos-sdk/client/flags"
	"github.com/cosmos/cosmos-sdk/codec"
	"github.com/cosmos/cosmos-sdk/server"
	"github.com/cosmos/cosmos-sdk/x/genutil"
	genutiltypes "github.com/cosmos/cosmos-sdk/x/genutil/types"

	"chainpod/tests/chain/x/gateway/types"
)

// SetAdminCmd returns `genesis set-admin`.
func SetAdminCmd(defaultHome string) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "set-admin <address>",
		Short: "Set the admin of the gateway in genesis.json",
		Args:  cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			ctx, err := client.GetClientQueryContext(cmd)
			if err != nil {
				return err
			}
			config := server.GetServerContextFromCmd(cmd).Config
			config.SetRoot(ctx.HomeDir)
			return setAdmin(ctx.Codec, config.GenesisFile(), args[0])
		},
	}
	cmd.Flags().String(flags.FlagHome, defaultHome, "The application home directory")
	return cmd
}

// setAdmin writes the address of the admin into a genesis file.
func setAdmin(cdc codec.JSONCodec, path, admin string) error {
	params := types.Params{Admin: admin}
	if err := params.Validate(); err != nil {
		return err
	}
	state, genesis, err := genutiltypes.GenesisStateFromGenFile(path)
	if err != nil {
		return err
	}
	var own types.GenesisState
	if err := cdc.UnmarshalJSON(state[types.ModuleName], &own); err != nil {
		return fmt.Errorf("state of `%s` in `%s`: %w", types.ModuleName, path, err)
	}
	own.Params = params
	state[types.ModuleName] = cdc.MustMarshalJSON(&own)
	if genesis.AppState, err = json.MarshalIndent(state, "", " "); err != nil {
		return fmt.Errorf("encode state: %w", err)
	}
	return genutil.ExportGenesisFile(genesis, path)
}
