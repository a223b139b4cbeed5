#!/bin/sh
# Regenerates the *.pb.go and *.pb.gw.go files from the definitions beside this
# script. Needs `protoc` 3.21 or later; the plugins and the imported definitions
# are Go modules of go.mod.
set -eu

cd "$(dirname "$0")/.."
out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT

dir() { go list -m -f '{{.Dir}}' "$1"; }

go mod download github.com/cosmos/cosmos-proto github.com/grpc-ecosystem/grpc-gateway
go build -o "$out/bin/" \
	github.com/cosmos/gogoproto/protoc-gen-gocosmos \
	github.com/grpc-ecosystem/grpc-gateway/protoc-gen-grpc-gateway

# One run a folder: the first plugin makes one Go package at a time.
for folder in $(find proto -name '*.proto' -exec dirname {} + | sort -u); do
	PATH="$out/bin:$PATH" protoc \
		-I proto \
		-I "$(dir github.com/cosmos/cosmos-sdk)/proto" \
		-I "$(dir github.com/cosmos/cosmos-proto)/proto" \
		-I "$(dir github.com/cosmos/gogoproto)" \
		-I "$(dir github.com/cosmos/gogoproto)/protobuf" \
		-I "$(dir github.com/grpc-ecosystem/grpc-gateway)/third_party/googleapis" \
		--gocosmos_out="plugins=grpc,Mgoogle/protobuf/any.proto=github.com/cosmos/gogoproto/types/any:$out" \
		--grpc-gateway_out="logtostderr=true,allow_colon_final_segments=true:$out" \
		"$folder"/*.proto
done

cp -r "$out/chainpod/tests/chain/x/." x/
gofmt -w $(find x -name '*.pb.go' -o -name '*.pb.gw.go')
