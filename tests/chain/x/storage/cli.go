package storage

import (
	"github.com/spf13/cobra"

	"github.com/cosmos/cosmos-sdk/client"
	"github.com/cosmos/cosmos-sdk/client/flags"

	"chainpod/tests/chain/x/storage/types"
)

// queryCmd returns the commands that read the state of the module of that name.
func queryCmd(name string) *cobra.Command {
	cmd := &cobra.Command{
		Use:   name,
		Short: "Read what packets brought",
		RunE:  client.ValidateCmd,
	}
	cmd.AddCommand(itemsCmd())
	return cmd
}

func itemsCmd() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "items",
		Short: "Read the stored items",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			ctx, err := client.GetClientQueryContext(cmd)
			if err != nil {
				return err
			}
			answer, err := types.NewQueryClient(ctx).Items(cmd.Context(), &types.QueryItemsRequest{})
			if err != nil {
				return err
			}
			return ctx.PrintProto(answer)
		},
	}
	flags.AddQueryFlagsToCmd(cmd)
	return cmd
}
