# Everything a newcomer needs: `make demo` and `make test`. `make help` lists the rest.

SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help

CARGO_TARGET := $(shell rustc -vV | sed -n 's/^host: //p')
RELEASE := target/$(CARGO_TARGET)/release
CHAIN_BINARIES := bin/gwcd bin/mdscd bin/fdscd
GO_BUILD := go build -trimpath -p 2

.PHONY: help bin rust chain rly prepare demo test check bench clean

help: ## list the targets
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' $(MAKEFILE_LIST) | expand -t 10

prepare: ## install the Debian packages that are missing (needs root)
	@tests/prepare

bin: rust chain rly ## build all binaries into bin/

rust: ## build agent and relayer-agent, static
	cargo build --release --bin agent --bin relayer-agent
	install -D -t bin $(RELEASE)/agent $(RELEASE)/relayer-agent

chain: ## build the test chain's three binaries
	cd tests/chain && CGO_ENABLED=0 $(GO_BUILD) -ldflags '-s -w' -o ../../bin/ ./cmd/...

rly: prepare ## build the relayer program
	cd tests/rly && $(GO_BUILD) -ldflags '-s -w' -o ../../bin/rly github.com/cosmos/relayer/v2

demo: bin ## run four chains on this machine and show the result
	cargo run --release --bin demo

test: prepare bin ## run everything, end-to-end suites included
	@tests/run

check: ## format, lints, unit tests: the quick loop
	cargo fmt --check
	cargo clippy --workspace --all-targets -- -D warnings
	cargo test --workspace --lib
	RUSTDOCFLAGS='-D warnings' cargo doc --workspace --no-deps --document-private-items
	cd tests/chain && test -z "$$(gofmt -l .)" && go vet ./...

bench: prepare bin ## measure, side by side with the alternatives
	cargo run --release --bin bench

clean: ## remove what was built
	cargo clean
	rm -rf bin
