package app_test

import (
	"encoding/json"
	"testing"

	"cosmossdk.io/log"
	abci "github.com/cometbft/cometbft/abci/types"
	dbm "github.com/cosmos/cosmos-db"
	"github.com/stretchr/testify/require"

	channeltypes "github.com/cosmos/ibc-go/v10/modules/core/04-channel/types"
	ibctesting "github.com/cosmos/ibc-go/v10/testing"

	"chainpod/tests/chain/app"
	gatewaytypes "chainpod/tests/chain/x/gateway/types"
	"chainpod/tests/chain/x/port"
	storagetypes "chainpod/tests/chain/x/storage/types"
)

// build returns an application of a role over an empty database.
func build(t *testing.T, role app.Role) *app.App {
	t.Helper()
	chain, err := app.New(role, log.NewNopLogger(), dbm.NewMemDB(), nil, true)
	require.NoError(t, err)
	return chain
}

// network returns a running hub, a running store, and a path between them with
// an open connection and no channel.
func network(t *testing.T, store app.Role) *ibctesting.Path {
	t.Helper()
	coordinator := ibctesting.NewCustomAppCoordinator(t, 0, nil)
	start := func(id string, role app.Role) *ibctesting.TestChain {
		chain := ibctesting.NewCustomAppTestChain(t, coordinator, id,
			func() (ibctesting.TestingApp, map[string]json.RawMessage) {
				built := build(t, role)
				return built, built.DefaultGenesis()
			})
		coordinator.Chains[id] = chain
		return chain
	}
	path := ibctesting.NewPath(start("gwc", app.Gateway), start("store-1", store))
	for endpoint, role := range map[*ibctesting.Endpoint]app.Role{path.EndpointA: app.Gateway, path.EndpointB: store} {
		endpoint.ChannelConfig.PortID = role.Module
		endpoint.ChannelConfig.Version = port.Version
	}
	path.SetupConnections()
	return path
}

// query asks the application of a chain, as a client would.
func query[Q interface{ Marshal() ([]byte, error) }, A interface{ Unmarshal([]byte) error }](
	t *testing.T, chain *ibctesting.TestChain, route string, question Q, answer A,
) A {
	t.Helper()
	data, err := question.Marshal()
	require.NoError(t, err)
	result, err := chain.App.Query(chain.GetContext(), &abci.RequestQuery{Path: route, Data: data})
	require.NoError(t, err)
	require.Zero(t, result.Code, result.Log)
	require.NoError(t, answer.Unmarshal(result.Value))
	return answer
}

func packets(t *testing.T, hub *ibctesting.TestChain) []gatewaytypes.SentPacket {
	t.Helper()
	return query(t, hub, "/gwc.gateway.v1.Query/Packets",
		&gatewaytypes.QueryPacketsRequest{}, &gatewaytypes.QueryPacketsResponse{}).Packets
}

func items(t *testing.T, store *ibctesting.TestChain) []storagetypes.Item {
	t.Helper()
	return query(t, store, "/chainpod.storage.v1.Query/Items",
		&storagetypes.QueryItemsRequest{}, &storagetypes.QueryItemsResponse{}).Items
}

// send sends a packet from the hub and returns it as the relayer sees it.
func send(t *testing.T, path *ibctesting.Path, key, data string, seconds uint64) channeltypes.Packet {
	t.Helper()
	hub := path.EndpointA.Chain
	result, err := hub.SendMsgs(&gatewaytypes.MsgSendPacket{
		Creator:        hub.SenderAccount.GetAddress().String(),
		ChannelId:      path.EndpointA.ChannelID,
		Key:            key,
		Data:           data,
		TimeoutSeconds: seconds,
	})
	require.NoError(t, err)
	sent, err := ibctesting.ParseV1PacketFromEvents(result.Events)
	require.NoError(t, err)
	return sent
}

func TestAPacketIsStoredAndAcknowledged(t *testing.T) {
	for _, role := range []app.Role{app.Metastore, app.Datastore} {
		t.Run(role.Module, func(t *testing.T) {
			path := network(t, role)
			path.CreateChannels()
			sent := send(t, path, "colour", "blue", 0)
			require.Equal(t, gatewaytypes.PACKET_STATUS_SENT, packets(t, path.EndpointA.Chain)[0].Status)

			require.NoError(t, path.RelayPacket(sent))

			require.Equal(t, []storagetypes.Item{{
				ChannelId: path.EndpointB.ChannelID, Key: "colour", Data: "blue",
				SourcePort: "gateway", SourceChannel: path.EndpointA.ChannelID,
			}}, items(t, path.EndpointB.Chain))
			require.Equal(t, []gatewaytypes.SentPacket{{
				ChannelId: path.EndpointA.ChannelID, Sequence: 1, Key: "colour", Data: "blue",
				Status: gatewaytypes.PACKET_STATUS_ACKNOWLEDGED,
			}}, packets(t, path.EndpointA.Chain))
		})
	}
}

func TestAPacketThatComesTooLateTimesOut(t *testing.T) {
	path := network(t, app.Datastore)
	path.CreateChannels()
	sent := send(t, path, "late", "", 1)
	path.EndpointB.Chain.Coordinator.CommitNBlocks(path.EndpointB.Chain, 2)
	require.NoError(t, path.EndpointA.UpdateClient())

	require.NoError(t, path.EndpointA.TimeoutPacket(sent))

	require.Equal(t, gatewaytypes.PACKET_STATUS_TIMED_OUT, packets(t, path.EndpointA.Chain)[0].Status)
	require.Empty(t, items(t, path.EndpointB.Chain))
}

func TestBothChainsRefuseOtherChannels(t *testing.T) {
	path := network(t, app.Metastore)
	path.EndpointB.ChannelID = ibctesting.FirstChannelID
	for name, change := range map[string]func(*ibctesting.ChannelConfig){
		"version": func(c *ibctesting.ChannelConfig) { c.Version = "raidchain-2" },
		"order":   func(c *ibctesting.ChannelConfig) { c.Order = channeltypes.ORDERED },
		"port":    func(c *ibctesting.ChannelConfig) { c.PortID = "transfer" },
	} {
		for _, endpoint := range []*ibctesting.Endpoint{path.EndpointA, path.EndpointB} {
			t.Run(name+" on "+endpoint.Chain.ChainID, func(t *testing.T) {
				good := *endpoint.ChannelConfig
				defer func() { *endpoint.ChannelConfig = good }()
				change(endpoint.ChannelConfig)
				require.Error(t, endpoint.ChanOpenInit())
			})
		}
	}
}

func TestAClosedChannelTakesNoPackets(t *testing.T) {
	path := network(t, app.Datastore)
	path.CreateChannels()
	hub := path.EndpointA.Chain
	_, err := hub.SendMsgs(channeltypes.NewMsgChannelCloseInit(
		"gateway", path.EndpointA.ChannelID, hub.SenderAccount.GetAddress().String()))
	require.NoError(t, err)
	require.Equal(t, channeltypes.CLOSED, path.EndpointA.GetChannel().State)

	_, err = hub.SendMsgs(&gatewaytypes.MsgSendPacket{
		Creator: hub.SenderAccount.GetAddress().String(), ChannelId: path.EndpointA.ChannelID, Key: "k",
	})
	require.ErrorContains(t, err, "channel is not OPEN")
	require.Empty(t, packets(t, hub))
}
