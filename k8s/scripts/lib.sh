# What the scripts have in common. Settings come from the environment; `make` hands its own on.
# shellcheck shell=bash

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
chart=$root/k8s/helm/chainpod

RELEASE=${RELEASE:-chainpod}     # name of the Helm release, and what all names begin with
NAMESPACE=${NAMESPACE:-chainpod} # namespace
TAG=${TAG:-dev}                  # tag of the images that are built here
CLUSTER=${CLUSTER:-}             # `local`: the cluster that tests/cluster starts on this machine
REGISTRY=${REGISTRY:-}           # where images are pushed to, for clusters elsewhere
IMAGES=${IMAGES:-build}          # `build`, or `present`: the cluster has them
VALUES=${VALUES:-}               # one more file of values
WAIT=${WAIT:-600}                # seconds until everything must be linked
CHAINS=${CHAINS:-}               # number of datastores

began=$SECONDS

# say TEXT...: a line of progress, with the seconds since the start.
say() { printf '%6d s  %s\n' $((SECONDS - began)) "$*"; }

die() {
    echo "${0##*/}: $*" >&2
    exit 1
}

# tool NAME ARGUMENTS...: kubectl or helm, for the cluster that is meant.
tool() {
    if [ "$CLUSTER" = local ]; then
        "$root/tests/cluster/in" "$@"
    else
        "$@"
    fi
}
k() { tool kubectl --namespace "$NAMESPACE" "$@"; }
h() { tool helm --namespace "$NAMESPACE" "$@"; }

[[ $CHAINS =~ ^[0-9]*$ ]] || die "CHAINS is \`$CHAINS\`; it must be the number of datastores"

# reach: makes sure that there is a cluster, and says which.
reach() {
    case $CLUSTER in
    local) "$root/tests/cluster/up" >/dev/null ;;
    '')
        local program
        for program in kubectl helm; do
            command -v "$program" >/dev/null || [ ! -x "$root/bin/kube/$program" ] || PATH=$PATH:$root/bin/kube
            command -v "$program" >/dev/null || die "$program is not installed; install it, or use CLUSTER=local"
        done
        ;;
    *) die "CLUSTER is \`$CLUSTER\`; it may be \`local\`, or empty for the current context" ;;
    esac
    k get --raw /version >/dev/null ||
        die "the cluster does not answer; check \`kubectl config current-context\`, or use CLUSTER=local"
    say "cluster: $(k config current-context), namespace: $NAMESPACE, release: $RELEASE"
}

# images: builds them and brings them to where the cluster finds them.
images() {
    case $IMAGES in
    build) ;;
    present) return ;;
    *) die "IMAGES is \`$IMAGES\`; it may be \`build\` or \`present\`" ;;
    esac
    say "building binaries and images"
    make -C "$root" --jobs=2 --no-print-directory images TAG="$TAG"
    local archive context
    context=$(k config current-context)
    for archive in "$root"/bin/images/*.tar; do
        say "image $(basename "$archive" .tar)"
        case $CLUSTER,$REGISTRY,$context in
        local,*) "$root/tests/cluster/in" ctr images import "$archive" >/dev/null ;;
        ,?*,*) push "$archive" ;;
        ,,kind-*) kind load image-archive --name "${context#kind-}" "$archive" ;;
        ,,k3d-*) k3d image import --cluster "${context#k3d-}" "$archive" ;;
        ,,minikube*) minikube --profile "$context" image load "$archive" ;;
        *) die "no way to bring images to the cluster $context; set REGISTRY=<host>/<path> that it can pull from, or IMAGES=present" ;;
        esac
    done
}

# push ARCHIVE: brings an image to REGISTRY.
push() {
    command -v skopeo >/dev/null || die "skopeo is not installed; it pushes the archives of bin/images to $REGISTRY"
    local name
    name=$(tar -xOf "$1" index.json | grep -oE '"[^"]*chainpod/[a-z-]+:[^"]*"' | head -n 1 | tr -d '"')
    [ -n "$name" ] || die "$1 does not say its name"
    skopeo copy "oci-archive:$1" "docker://$REGISTRY/chainpod/${name##*chainpod/}"
}

# first: installs with the images of this machine and CHAINS datastores, on what data there are.
first() {
    local values=$root/target/all-in-one.yaml flags=()
    mkdir -p "$root/target"
    cat >"$values" <<YAML
# Written by k8s/scripts.
datastores: ${CHAINS:-2}
imageRegistry: "$REGISTRY"
chain: {image: {tag: "$TAG"}, storage: {size: 1Gi}}
agent: {image: {tag: "$TAG"}}
relayer: {image: {tag: "$TAG"}}
hotReload: {enabled: true}
YAML
    [ -z "$VALUES" ] || flags=(--values "$VALUES")
    say "installing, values in ${values#"$root"/}"
    h install "$RELEASE" "$chart" --create-namespace --timeout 5m --values "$values" "${flags[@]}" >/dev/null
}

# pods: a line for each pod of the release, as `name state`.
pods() {
    local format='{range .items[*]}{.metadata.name}{" "}{.status.phase}{" ready="}{.status.containerStatuses[*].ready}{" "}{.status.initContainerStatuses[*].state.waiting.reason}{.status.containerStatuses[*].state.waiting.reason}{" "}{.status.containerStatuses[*].lastState.terminated.message}{"\n"}{end}'
    k get pods -l "app.kubernetes.io/instance=$RELEASE" -o "jsonpath=$format" | grep -v '^ *$' || true
}

# links: a line for each path, as `path step`, and one for the registration, once the relayer answers.
links() {
    local pod status
    pod=$(k get pods -l "app.kubernetes.io/instance=$RELEASE,app.kubernetes.io/component=relayer" -o name | head -n 1)
    [ -n "$pod" ] || return 0
    status=$(k get --raw "/api/v1/namespaces/$NAMESPACE/pods/${pod#pod/}:26681/proxy/status" 2>/dev/null) || return 0
    grep -oE '"[^"]+":\{"linked":(true|false),"step":"[^"]*"' <<<"$status" |
        sed -E 's/^"([^"]+)":\{"linked":[a-z]+,"step":"([^"]*)"$/\1 \2/' || true
    grep -oE '"registered":(true|false)' <<<"$status" | sed -E 's/"registered":true/storage registered/; s/"registered":false/storage not registered yet/' || true
}

# hurry: has the kubelet bring a changed ConfigMap into the pods at once, not within a minute or so;
# it looks whenever something about a pod is changed.
hurry() {
    k annotate pods -l "app.kubernetes.io/instance=$RELEASE" --overwrite "chainpod/hurried=$(date +%s)" >/dev/null
}

# ready: whether every workload has its pod ready, of its present revision, and every spoke of the
# configuration is linked.
ready() {
    local format='{range .items[*]}{.metadata.generation}{" "}{.status.observedGeneration}{" "}{.spec.replicas}{" "}{.status.readyReplicas}{" "}{.status.updatedReplicas}{"\n"}{end}'
    k get statefulsets,deployments -l "app.kubernetes.io/instance=$RELEASE" -o "jsonpath=$format" |
        awk 'NF { all++ } NF == 5 && $1 == $2 && $3 == $4 && $3 == $5 { well++ } END { exit !(all && all == well) }' ||
        return 1
    local config spokes
    config=$(k get configmap "$RELEASE-agents" -o 'jsonpath={.data.relayer\.yaml}')
    # Paths of the user's own are the relayer's to count.
    ! grep -q '^paths:' <<<"$config" || return 0
    spokes=$(grep -cE '^  role: (metastore|datastore)$' <<<"$config" || true)
    [ "$(links | grep -c ' linked$' || true)" -ge "$spokes" ]
}

# follow: says what changes until everything is linked and registered; fails after WAIT seconds.
follow() {
    local -A known=()
    local name state deadline=$((SECONDS + WAIT))
    until ready; do
        while read -r name state; do
            [ -n "$name" ] && [ "${known[$name]:-}" != "$state" ] || continue
            known[$name]=$state
            say "$name $state"
        done < <(pods && links)
        if [ $SECONDS -ge $deadline ]; then
            k get pods -l "app.kubernetes.io/instance=$RELEASE" >&2 || true
            die "not everything is ready after $WAIT s; look with: kubectl -n $NAMESPACE describe pods -l app.kubernetes.io/instance=$RELEASE"
        fi
        sleep 1
    done
    say "all chains are ready, linked and registered"
}

# report: what is there, as the chains have it.
report() {
    k exec "deployment/$RELEASE-relayer" -- /relayer-agent status --config /etc/chainpod/relayer.yaml
}
