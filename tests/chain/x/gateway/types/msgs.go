package types

import (
	"net/url"

	errorsmod "cosmossdk.io/errors"

	codectypes "github.com/cosmos/cosmos-sdk/codec/types"
	sdk "github.com/cosmos/cosmos-sdk/types"
	sdkerrors "github.com/cosmos/cosmos-sdk/types/errors"
	"github.com/cosmos/cosmos-sdk/types/msgservice"

	host "github.com/cosmos/ibc-go/v10/modules/core/24-host"
)

var (
	_ sdk.HasValidateBasic = (*MsgRegisterStorage)(nil)
	_ sdk.HasValidateBasic = (*MsgSendPacket)(nil)
)

// RegisterInterfaces makes the messages known to the codecs.
func RegisterInterfaces(registry codectypes.InterfaceRegistry) {
	registry.RegisterImplementations((*sdk.Msg)(nil), &MsgRegisterStorage{}, &MsgSendPacket{})
	msgservice.RegisterMsgServiceDesc(registry, &_Msg_serviceDesc)
}

// ValidateBasic refuses a message that no state could make good.
func (m *MsgRegisterStorage) ValidateBasic() error {
	if len(m.Endpoints) == 0 {
		return errorsmod.Wrap(sdkerrors.ErrInvalidRequest, "no endpoint to register")
	}
	for _, endpoint := range m.Endpoints {
		if err := endpoint.Validate(); err != nil {
			return err
		}
	}
	return nil
}

// Validate refuses an endpoint without an id or without a whole URL.
func (e StorageEndpoint) Validate() error {
	if e.ChainId == "" {
		return errorsmod.Wrapf(sdkerrors.ErrInvalidRequest, "empty id for the endpoint `%s`", e.ApiEndpoint)
	}
	// `host:1317` parses as a URL with the scheme `host`, so the host is asked for too.
	parsed, err := url.Parse(e.ApiEndpoint)
	if err != nil || parsed.Scheme == "" || parsed.Host == "" {
		return errorsmod.Wrapf(sdkerrors.ErrInvalidRequest,
			"endpoint `%s` of `%s` is not a URL with a scheme and a host", e.ApiEndpoint, e.ChainId)
	}
	return nil
}

// ValidateBasic refuses a message that no state could make good.
func (m *MsgSendPacket) ValidateBasic() error {
	if err := host.ChannelIdentifierValidator(m.ChannelId); err != nil {
		return errorsmod.Wrap(sdkerrors.ErrInvalidRequest, err.Error())
	}
	if m.Key == "" {
		return errorsmod.Wrap(sdkerrors.ErrInvalidRequest, "empty key")
	}
	return nil
}
