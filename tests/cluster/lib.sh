# Shared by `up`, `down`, `in` and what they start. A cluster is one folder, `$dir`:
#   mode        `node` or `control-plane`
#   admin.conf  the kubeconfig of the administrator
#   pki/        certificates and keys, made anew each time
#   log/        what every process printed
#   init.pid    PID 1 of the node's pid namespace (mode `node`)
#   keeper.lock held by the process that owns the cluster and ends it
# shellcheck shell=bash

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
repo=$(cd "$here/../.." && pwd)
kube=$repo/bin/kube

die() { echo "${0##*/}: $*" >&2; exit 69; }

say() { echo "$(date +%T.%3N) $*"; }

# start NAME COMMAND...: runs it in the background, not outliving the caller. Sets `started`.
start() {
    local name=$1
    shift
    setpriv --pdeathsig KILL "$@" >"$dir/log/$name.log" 2>&1 9>&- </dev/null &
    started=$!
}

# wait_for NAME PID SECONDS COMMAND...: until the command succeeds; fails as soon as PID is gone.
wait_for() {
    local name=$1 pid=$2 end=$((SECONDS + $3))
    shift 3
    until "$@" >/dev/null 2>&1; do
        if ! kill -0 "$pid" 2>/dev/null || [ "$SECONDS" -gt "$end" ]; then
            say "$name did not come up; the end of $dir/log/$name.log:"
            tail -n 20 "$dir/log/$name.log"
            return 1
        fi
        sleep 0.1
    done
    say "$name is up"
}

# is_up: whether a living process owns the cluster in $dir.
is_up() { [ -e "$dir/keeper.lock" ] && ! flock -n "$dir/keeper.lock" true; }

# Ends every process of the node, and removes its control groups and $dir. What is kept of the logs
# is the caller's business.
remove() {
    local pid group path
    # PID 1 of a pid namespace takes everything in it along, and then the mounts and the network go.
    if pid=$(cat "$dir/init.pid" 2>/dev/null) && [ "$(cat "/proc/$pid/comm" 2>/dev/null)" = tini ]; then
        kill -KILL "$pid" 2>/dev/null
        while [ -e "/proc/$pid" ]; do sleep 0.05; done
    fi
    while read -r path; do
        while read -r group; do
            for _ in $(seq 50); do
                rmdir "$group" 2>/dev/null && break
                [ -d "$group" ] || break
                xargs -r kill -KILL <"$group/cgroup.procs" 2>/dev/null
                sleep 0.1
            done
        done < <(find "$path" -depth -type d 2>/dev/null)
        [ ! -d "$path" ] || say "the control group $path cannot be removed"
    done < <(cat "$dir/cgroups" 2>/dev/null)
    rm -rf "$dir"
}

# --- the control plane, for both modes

# start_etcd ADDRESS
start_etcd() {
    local url=http://$1:2379 peer=http://$1:2380
    start etcd etcd --data-dir "$dir/etcd" --unsafe-no-fsync --logger zap --listen-client-urls "$url" \
        --advertise-client-urls "$url" --listen-peer-urls "$peer" \
        --initial-advertise-peer-urls "$peer" --initial-cluster "default=$peer"
    wait_for etcd "$started" 60 curl -fs "$url/health"
}

# start_apiserver ETCD BIND ADVERTISE OPTION...: the three addresses, and further options.
start_apiserver() {
    local etcd=$1 bind=$2 advertise=$3 pki=$dir/pki
    shift 3
    start kube-apiserver "$kube/kubebox" kube-apiserver --etcd-servers "http://$etcd:2379" \
        --bind-address "$bind" --advertise-address "$advertise" --secure-port 6443 \
        --service-cluster-ip-range 10.96.0.0/16 --authorization-mode Node,RBAC \
        --tls-cert-file "$pki/apiserver.crt" --tls-private-key-file "$pki/apiserver.key" \
        --client-ca-file "$pki/ca.crt" --service-account-key-file "$pki/sa.pub" \
        --service-account-signing-key-file "$pki/sa.key" \
        --service-account-issuer https://kubernetes.default.svc.cluster.local \
        --enable-priority-and-fairness=false "$@"
    wait_for kube-apiserver "$started" 90 curl -fs --cacert "$pki/ca.crt" --cert "$pki/admin.crt" \
        --key "$pki/admin.key" "https://$advertise:6443/readyz"
}
