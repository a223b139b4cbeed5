# Everything a newcomer needs: `make demo` and `make test`. `make help` lists the rest.

SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help

export CHAINPOD_COMMIT := $(shell git rev-parse --short HEAD 2>/dev/null || echo unknown)
CARGO_TARGET := $(shell rustc -vV | sed -n 's/^host: //p')
RELEASE := target/$(CARGO_TARGET)/release
RLY := github.com/cosmos/relayer/v2
GOSSAMER := github.com/ChainSafe/gossamer
# The same flags for building, testing and vetting, or everything is compiled once more.
GO_CHAIN := CGO_ENABLED=0 go
GO_FLAGS := -p 2 -trimpath

# Kubernetes for the tests, one program; the version that it tells, and that helm renders for.
KUBERNETES := $(shell sed -n 's/^\tk8s.io\/kubernetes v//p' tests/cluster/kubebox/go.mod)
KUBERNETES_MINOR := $(word 2,$(subst ., ,$(KUBERNETES)))
HELM := $(shell sed -n 's/^\thelm.sh\/helm\/v3 \(v[^ ]*\).*/\1/p' tests/cluster/kubebox/go.mod)
BASE_VERSION := k8s.io/component-base/version
CNI := github.com/containernetworking/plugins/plugins
# The architecture and the tag of the images. Only amd64 is tested.
ARCH ?= amd64
TAG ?= dev

.PHONY: help bin rust chain rly kube substrate peers layout images prepare demo test check bench clean all-in-one upgrade undeploy hot-reload

help: ## list the targets
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' $(MAKEFILE_LIST) | expand -t 12

prepare: ## install the Debian packages that are missing (needs root)
	@tests/prepare

bin: rust chain rly ## build all binaries into bin/

rust: ## build agent and relayer-agent, static
	cargo build --release --bin agent --bin relayer-agent
	install -D -t bin $(RELEASE)/agent $(RELEASE)/relayer-agent

chain: ## build the test chain's three binaries
	cd tests/chain && $(GO_CHAIN) build $(GO_FLAGS) -o ../../bin/ \
		-ldflags '-s -w -X github.com/cosmos/cosmos-sdk/version.Version=0.1.0' ./cmd/...

rly: prepare ## build the relayer program
	cd tests/rly && CGO_ENABLED=1 go build $(GO_FLAGS) -tags netgo,osusergo -o ../../bin/rly \
		-ldflags '-s -w -linkmode external -extldflags -static -X $(RLY)/cmd.Version=2.6.0 -X $(RLY)/cmd.Dirty=0' \
		$(RLY)

kube: prepare ## build Kubernetes and helm for the tests
	cd tests/cluster/kubebox && CGO_ENABLED=0 go build $(GO_FLAGS) -o ../../../bin/kube/kubebox -ldflags "-s -w \
		-X $(BASE_VERSION).gitVersion=v$(KUBERNETES) -X $(BASE_VERSION).gitMajor=1 \
		-X $(BASE_VERSION).gitMinor=$(KUBERNETES_MINOR) -X $(BASE_VERSION).gitTreeState=clean" .
	cd tests/cluster/kubebox && CGO_ENABLED=0 go build $(GO_FLAGS) -o ../../../bin/kube/cni/ -ldflags '-s -w' \
		$(CNI)/main/bridge $(CNI)/main/loopback $(CNI)/ipam/host-local $(CNI)/meta/portmap
	cd tests/cluster/kubebox && CGO_ENABLED=0 go build $(GO_FLAGS) -o ../../../bin/kube/helm -ldflags "-s -w \
		-X helm.sh/helm/v3/internal/version.version=$(HELM) \
		-X helm.sh/helm/v3/pkg/chartutil.k8sVersionMajor=1 \
		-X helm.sh/helm/v3/pkg/chartutil.k8sVersionMinor=$(KUBERNETES_MINOR) \
		-X helm.sh/helm/v3/pkg/lint/rules.k8sVersionMajor=1 \
		-X helm.sh/helm/v3/pkg/lint/rules.k8sVersionMinor=$(KUBERNETES_MINOR)" helm.sh/helm/v3/cmd/helm
	cd tests/cluster/kubebox && CGO_ENABLED=0 go build $(GO_FLAGS) -o ../../../bin/kube/pause -ldflags '-s -w' ./pause
	ln -sf kubebox bin/kube/kubectl
	cargo run -q -p chainpod-oci -- -f tests/cluster/pause.Dockerfile -t chainpod/pause:1 --images bin/kube bin/kube

substrate: ## build a Substrate node for the tests, with a chain of its own
	cd tests/substrate && CGO_ENABLED=0 go build $(GO_FLAGS) -o ../../bin/substrate/gossamer -ldflags '-s -w' \
		$(GOSSAMER)/cmd/gossamer
	cd tests/substrate && install -m 644 -T \
		"$$(go list -m -f '{{.Dir}}' $(GOSSAMER))/chain/westend-dev/westend-dev-spec-raw.json" \
		../../bin/substrate/dev.json

images: bin ## build the images into bin/images, without Docker, the same bytes each time
	@docker/build --arch $(ARCH) --tag $(TAG)

demo: bin ## run four chains on this machine and show the result
	cargo run -q --bin demo

test: prepare bin kube substrate ## run everything, end-to-end suites included
	@tests/run

check: ## format, lints, unit tests: the quick loop
	cargo fmt --check
	cargo clippy --workspace --all-targets -- -D warnings
	cargo test --workspace --lib
	RUSTDOCFLAGS='-D warnings' cargo doc --workspace --no-deps --document-private-items
	cd tests/chain && test -z "$$(gofmt -l .)" && $(GO_CHAIN) vet -trimpath ./...

peers: ## build the supervisors that the benchmarks compare with
	cd tests/bench/peers && CGO_ENABLED=0 go build $(GO_FLAGS) -o ../../../bin/peers/ \
		github.com/canonical/pebble/cmd/pebble cosmossdk.io/tools/cosmovisor/cmd/cosmovisor
	cargo install --quiet --locked --root target/peers --target-dir target/peers/build horust
	install -D -t bin/peers target/peers/bin/horust
	command -v s6-svscan >/dev/null || apt-get install -y -qq s6

layout: prepare chain ## find anew which functions a pod needs from day to day: their place in the program is the agent's memory
	@agent/layout/find

bench: prepare bin peers ## measure, side by side with the alternatives
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
