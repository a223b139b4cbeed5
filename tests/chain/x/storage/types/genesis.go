// Package types are the queries and the state of the modules that store what
// packets bring.
package types

import "fmt"

// Validate refuses a state that the module cannot start from.
func (g GenesisState) Validate() error {
	seen := make(map[string]bool, len(g.Items))
	for _, item := range g.Items {
		name := item.ChannelId + "/" + item.Key
		if item.ChannelId == "" || item.Key == "" {
			return fmt.Errorf("item `%s` has no channel or no key", name)
		}
		if seen[name] {
			return fmt.Errorf("item `%s` is there twice", name)
		}
		seen[name] = true
	}
	return nil
}
