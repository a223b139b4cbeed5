package types

import (
	"testing"

	"github.com/stretchr/testify/require"
)

const admin = "cosmos19rl4cm2hmr8afy4kldpxz3fka4jguq0auqdal4"

func TestAnEndpointHasAnIDAndAWholeURL(t *testing.T) {
	for name, c := range map[string]struct {
		endpoint StorageEndpoint
		want     string
	}{
		"chain":     {StorageEndpoint{"fdsc-0", "http://fdsc-0:1317"}, ""},
		"channel":   {StorageEndpoint{"channel-0", "https://a.example/api"}, ""},
		"no id":     {StorageEndpoint{"", "http://fdsc-0:1317"}, "empty id"},
		"no url":    {StorageEndpoint{"fdsc-0", ""}, "not a URL"},
		"no scheme": {StorageEndpoint{"fdsc-0", "fdsc-0"}, "not a URL"},
		"host:port": {StorageEndpoint{"fdsc-0", "localhost:1317"}, "not a URL"},
		"no host":   {StorageEndpoint{"fdsc-0", "http://"}, "not a URL"},
		"not a url": {StorageEndpoint{"fdsc-0", "http://a b"}, "not a URL"},
	} {
		t.Run(name, func(t *testing.T) {
			good := StorageEndpoint{"mdsc", "http://mdsc:1317"}
			msg := &MsgRegisterStorage{Endpoints: []StorageEndpoint{good, c.endpoint}}
			requireError(t, msg.ValidateBasic(), c.want)
		})
	}
}

func TestARegistrationRegistersSomething(t *testing.T) {
	requireError(t, (&MsgRegisterStorage{}).ValidateBasic(), "no endpoint")
}

func TestAPacketHasAChannelAndAKey(t *testing.T) {
	requireError(t, (&MsgSendPacket{ChannelId: "channel-0", Key: "k"}).ValidateBasic(), "")
	requireError(t, (&MsgSendPacket{ChannelId: "channel-0"}).ValidateBasic(), "empty key")
	requireError(t, (&MsgSendPacket{ChannelId: "", Key: "k"}).ValidateBasic(), "identifier")
}

func TestAGenesisStateNamesEverythingOnce(t *testing.T) {
	endpoint := StorageEndpoint{"fdsc-0", "http://fdsc-0:1317"}
	packet := SentPacket{ChannelId: "channel-0", Sequence: 1}
	for name, c := range map[string]struct {
		state GenesisState
		want  string
	}{
		"empty":              {GenesisState{}, ""},
		"full":               {GenesisState{Params{admin}, []StorageEndpoint{endpoint}, []SentPacket{packet}}, ""},
		"admin":              {GenesisState{Params: Params{"cosmos1"}}, "admin `cosmos1`"},
		"bad endpoint":       {GenesisState{Endpoints: []StorageEndpoint{{}}}, "empty id"},
		"one endpoint twice": {GenesisState{Endpoints: []StorageEndpoint{endpoint, endpoint}}, "`fdsc-0` is there twice"},
		"one packet twice":   {GenesisState{Packets: []SentPacket{packet, packet}}, "`channel-0/1` is there twice"},
	} {
		t.Run(name, func(t *testing.T) { requireError(t, c.state.Validate(), c.want) })
	}
}

// requireError checks that an error says something, or that there is none.
func requireError(t *testing.T, err error, want string) {
	t.Helper()
	if want == "" {
		require.NoError(t, err)
		return
	}
	require.ErrorContains(t, err, want)
}
