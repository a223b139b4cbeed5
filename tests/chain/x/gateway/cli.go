package gateway

import (
	"context"
	"fmt"

	"github.com/cosmos/gogoproto/proto"
	"github.com/spf13/cobra"

	"github.com/cosmos/cosmos-sdk/client"
	"github.com/cosmos/cosmos-sdk/client/flags"
	"github.com/cosmos/cosmos-sdk/client/tx"
	sdk "github.com/cosmos/cosmos-sdk/types"

	channeltypes "github.com/cosmos/ibc-go/v10/modules/core/04-channel/types"

	"chainpod/tests/chain/x/gateway/types"
)

const flagPacketTimeout = "packet-timeout"

// txCmd returns the commands that change the state.
func txCmd() *cobra.Command {
	cmd := &cobra.Command{
		Use:   types.ModuleName,
		Short: "Register stores and send packets to them",
		RunE:  client.ValidateCmd,
	}
	cmd.AddCommand(registerStorageCmd(), sendPacketCmd(), closeChannelCmd())
	return cmd
}

func registerStorageCmd() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "register-storage <id> <url> [<id> <url>]...",
		Short: "Register where the APIs of stores are",
		Long: "Register where the APIs of stores are. An id is the name of the store's chain or\n" +
			"the hub-side channel to it. An id that is known already gets the new URL.",
		Args: idsAndURLs,
		RunE: func(cmd *cobra.Command, args []string) error {
			msg := &types.MsgRegisterStorage{}
			for i := 0; i < len(args); i += 2 {
				msg.Endpoints = append(msg.Endpoints, types.StorageEndpoint{ChainId: args[i], ApiEndpoint: args[i+1]})
			}
			return send(cmd, msg, &msg.Creator)
		},
	}
	flags.AddTxFlagsToCmd(cmd)
	return cmd
}

func idsAndURLs(_ *cobra.Command, args []string) error {
	if len(args) == 0 || len(args)%2 != 0 {
		return fmt.Errorf("want pairs of an id and a url, got %d arguments", len(args))
	}
	return nil
}

func sendPacketCmd() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "send-packet <channel-id> <key> <data>",
		Short: "Send data to the store at the other end of a channel",
		Args:  cobra.ExactArgs(3),
		RunE: func(cmd *cobra.Command, args []string) error {
			timeout, err := cmd.Flags().GetDuration(flagPacketTimeout)
			if err != nil {
				return err
			}
			msg := &types.MsgSendPacket{
				ChannelId:      args[0],
				Key:            args[1],
				Data:           args[2],
				TimeoutSeconds: uint64(timeout.Seconds()),
			}
			return send(cmd, msg, &msg.Creator)
		},
	}
	flags.AddTxFlagsToCmd(cmd)
	cmd.Flags().Duration(flagPacketTimeout, defaultTimeout, "How long the packet is worth delivering, in whole seconds")
	return cmd
}

// closeChannelCmd sends a message of the core of IBC, for which there is no
// command and which relayers send only when the other end is closed already.
func closeChannelCmd() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "close-channel <channel-id>",
		Short: "Close the hub's end of a channel",
		Args:  cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			msg := &channeltypes.MsgChannelCloseInit{PortId: types.ModuleName, ChannelId: args[0]}
			return send(cmd, msg, &msg.Signer)
		},
	}
	flags.AddTxFlagsToCmd(cmd)
	return cmd
}

// send signs and sends a message, whose sender becomes the account that the flags name.
func send(cmd *cobra.Command, msg sdk.Msg, sender *string) error {
	ctx, err := client.GetClientTxContext(cmd)
	if err != nil {
		return err
	}
	*sender = ctx.GetFromAddress().String()
	return tx.GenerateOrBroadcastTxCLI(ctx, cmd.Flags(), msg)
}

// queryCmd returns the commands that read the state.
func queryCmd() *cobra.Command {
	cmd := &cobra.Command{
		Use:   types.ModuleName,
		Short: "Read which stores are registered and which packets were sent",
		RunE:  client.ValidateCmd,
	}
	cmd.AddCommand(
		readCmd("params", "Read the settings of the module",
			func(ctx context.Context, q types.QueryClient) (proto.Message, error) {
				return q.Params(ctx, &types.QueryParamsRequest{})
			}),
		readCmd("endpoints", "Read the registered endpoints",
			func(ctx context.Context, q types.QueryClient) (proto.Message, error) {
				return q.StorageEndpoints(ctx, &types.QueryStorageEndpointsRequest{})
			}),
		readCmd("packets", "Read the packets that were sent and what became of them",
			func(ctx context.Context, q types.QueryClient) (proto.Message, error) {
				return q.Packets(ctx, &types.QueryPacketsRequest{})
			}),
	)
	return cmd
}

// readCmd returns a command that asks the chain and prints the answer.
func readCmd(
	use, short string, ask func(context.Context, types.QueryClient) (proto.Message, error),
) *cobra.Command {
	cmd := &cobra.Command{
		Use:   use,
		Short: short,
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			ctx, err := client.GetClientQueryContext(cmd)
			if err != nil {
				return err
			}
			answer, err := ask(cmd.Context(), types.NewQueryClient(ctx))
			if err != nil {
				return err
			}
			return ctx.PrintProto(answer)
		},
	}
	flags.AddQueryFlagsToCmd(cmd)
	return cmd
}
