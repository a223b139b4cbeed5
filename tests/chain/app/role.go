// Package app composes the blockchain application of the test network.
//
// One package serves three chains. They share accounts, money, validators and
// IBC, and differ in one module, which a Role names.
package app

import (
	"os"
	"path/filepath"
)

// Role is the part a chain plays in the network.
type Role struct {
	// Name is the name of the application, `gwc` for instance. The binary is
	// called `gwcd` and its home is `.gwc`.
	Name string
	// Module is the name of the chain's own module and of the IBC port it serves.
	Module string
}

// The roles of the network: a hub, which sends packets, and two kinds of
// stores, which receive them.
var (
	Gateway   = Role{Name: "gwc", Module: "gateway"}
	Metastore = Role{Name: "mdsc", Module: "metastore"}
	Datastore = Role{Name: "fdsc", Module: "datastore"}
)

// Binary returns the name of the chain's executable.
func (r Role) Binary() string { return r.Name + "d" }

// DefaultHome returns the folder a node of this role lives in unless told otherwise.
func (r Role) DefaultHome() string {
	home, err := os.UserHomeDir()
	if err != nil {
		home = "."
	}
	return filepath.Join(home, "."+r.Name)
}
