package types

import (
	"fmt"

	sdk "github.com/cosmos/cosmos-sdk/types"
)

// Validate refuses a state that the module cannot start from.
func (g GenesisState) Validate() error {
	if err := g.Params.Validate(); err != nil {
		return err
	}
	endpoints := make(map[string]bool, len(g.Endpoints))
	for _, endpoint := range g.Endpoints {
		if err := endpoint.Validate(); err != nil {
			return err
		}
		if endpoints[endpoint.ChainId] {
			return fmt.Errorf("endpoint `%s` is there twice", endpoint.ChainId)
		}
		endpoints[endpoint.ChainId] = true
	}
	packets := make(map[string]bool, len(g.Packets))
	for _, packet := range g.Packets {
		name := fmt.Sprintf("%s/%d", packet.ChannelId, packet.Sequence)
		if packets[name] {
			return fmt.Errorf("packet `%s` is there twice", name)
		}
		packets[name] = true
	}
	return nil
}

// Validate refuses an admin that is not an address. There need not be one.
func (p Params) Validate() error {
	if p.Admin == "" {
		return nil
	}
	if _, err := sdk.AccAddressFromBech32(p.Admin); err != nil {
		return fmt.Errorf("admin `%s`: %w", p.Admin, err)
	}
	return nil
}
