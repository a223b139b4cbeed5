// Command gwcd is the node and the client of the chain with the gateway.
package main

import (
	"os"

	"chainpod/tests/chain/app"
	"chainpod/tests/chain/cli"
)

func main() {
	os.Exit(cli.Main(app.Gateway))
}
