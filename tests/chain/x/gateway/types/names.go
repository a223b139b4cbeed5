// Package types are the messages, queries and state of the module `gateway`.
package types

// ModuleName is the name of the module, of its store and of its IBC port.
const ModuleName = "gateway"
