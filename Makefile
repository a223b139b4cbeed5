# Everything a newcomer needs: `make demo` and `make test`. `make help` lists the rest.

SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help

CARGO_TARGET := $(shell rustc -vV | sed -n 's/^host: //p')
RELEASE := target/$(CARGO_TARGET)/release
RLY := github.com/cosmos/relayer/v2
# The same flags for building, testing and vetting, or everything is compiled once more.
GO_CHAIN := CGO_ENABLED=0 go
GO_FLAGS := -p 2 -trimpath

.PHONY: help bin rust chain rly prepare demo test check bench clean all-in-one upgrade undeploy hot-reload

help: ## list the targets
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' $(MAKEFILE_LIST) | expand -t 12

prepare: ## install the Debian packages that are missing (needs root)
	@tests/prepare

bin: rust chain rly ## build all binaries into bin/

rust: ## build agent and relayer-agent, static
	CHAINPOD_COMMIT=$$(git rev-parse --short HEAD 2>/dev/null || echo unknown) cargo build --release --bin agent --bin relayer-agent
	install -D -t bin $(RELEASE)/agent $(RELEASE)/relayer-agent

chain: ## build the test chain's three binaries
	cd tests/chain && $(GO_CHAIN) build $(GO_FLAGS) -o ../../bin/ \
		-ldflags '-s -w -X github.com/cosmos/cosmos-sdk/version.Version=0.1.0' ./cmd/...

rly: prepare ## build the relayer program
	cd tests/rly && CGO_ENABLED=1 go build $(GO_FLAGS) -tags netgo,osusergo -o ../../bin/rly \
		-ldflags '-s -w -linkmode external -extldflags -static -X $(RLY)/cmd.Version=2.6.0 -X $(RLY)/cmd.Dirty=0' \
		$(RLY)

demo: bin ## run four chains on this machine and show the result
	cargo run -q --bin demo

test: prepare bin ## run everything, end-to-end suites included
	@tests/run

check: ## format, lints, unit tests: the quick loop
	cargo fmt --check
	cargo clippy --workspace --all-targets -- -D warnings
	cargo test --workspace --lib
	RUSTDOCFLAGS='-D warnings' cargo doc --workspace --no-deps --document-private-items
	cd tests/chain && test -z "$$(gofmt -l .)" && $(GO_CHAIN) vet -trimpath ./...

bench: prepare bin ## measure, side by side with the alternatives
	cargo run -q --bin bench

all-in-one: ## build, install and link on Kubernetes, CHAINS=2 datastores; CLUSTER=local starts a cluster
	@k8s/scripts/all-in-one

upgrade: ## bring new images, and CHAINS datastores, to what all-in-one has installed
	@k8s/scripts/upgrade

undeploy: ## uninstall from Kubernetes, keep volumes and mnemonics
	@k8s/scripts/undeploy

hot-reload: ## put a new program into a running pod: CHAIN=gwc BIN=bin/gwcd
	@k8s/scripts/hot-reload

clean: ## remove what was built
	cargo clean
	rm -rf bin
