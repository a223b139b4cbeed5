#!/usr/bin/env bash
# Links a hub with spokes as the shell entrypoint did: one rly home, one account on the hub, paths in
# parallel, each command tried 30 times, a second apart.
#
# shell.sh RLY HOME MNEMONIC_FILE HUB=RPC SPOKE=RPC...
# Prints "retry PATH STEP" for each command that is tried again, "linked PATH" or "failed PATH STEP".
set -u
rly=$1 home=$2 mnemonic=$(<"$3") hub=${4%%=*}
shift 3

rly() { "$rly" --home "$home" "$@" >>"$home/rly.log" 2>&1; }

# step PATH NAME WORDS...
step() {
    local path=$1 name=$2 try
    shift 2
    for try in {1..30}; do
        rly "$@" && return 0
        echo "retry $path $name"
        sleep 1
    done
    echo "failed $path $name"
    return 1
}

link() {
    local path=$1 port=$2
    step "$path" clients transact clients "$path" --override || return
    step "$path" connection transact connection "$path" || return
    step "$path" channel transact channel "$path" --src-port gateway --dst-port "$port" \
        --order unordered --version raidchain-1 || return
    echo "linked $path"
}

mkdir -p "$home"
rly config init || exit 1
for pair in "$@"; do
    name=${pair%%=*}
    cat >"$home/$name.json" <<JSON
{"type": "cosmos", "value": {"key": "relayer", "chain-id": "$name", "rpc-addr": "${pair#*=}",
 "account-prefix": "cosmos", "keyring-backend": "test", "gas-adjustment": 1.5,
 "gas-prices": "0.001uatom", "timeout": "20s", "output-format": "json", "sign-mode": "direct"}}
JSON
    rly chains add --file "$home/$name.json" "$name" || exit 1
    rly keys restore "$name" relayer "$mnemonic" || exit 1
done
shift
for pair in "$@"; do
    rly paths new "$hub" "${pair%%=*}" "path-$hub-to-${pair%%=*}" || exit 1
done
for pair in "$@"; do
    port=datastore
    [[ $pair != *mdsc* ]] || port=metastore
    link "path-$hub-to-${pair%%=*}" "$port" &
done
wait
