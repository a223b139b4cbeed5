# The certificates of a cluster in $dir/pki: elliptic curves, some milliseconds each. See lib.sh.
# shellcheck shell=bash disable=SC2154

ssl() { openssl "$@" 2>>"$dir/log/openssl.log"; }

new_key() { ssl ecparam -genkey -name prime256v1 -noout -out "$1.key"; }

# certificate NAME SUBJECT [ALTERNATIVE-NAMES]
certificate() {
    new_key "$1"
    ssl req -new -key "$1.key" -subj "$2" -out "$1.csr"
    ssl x509 -req -in "$1.csr" -CA ca.crt -CAkey ca.key -CAcreateserial -days 30 -out "$1.crt" -extfile <(
        echo basicConstraints=CA:FALSE
        echo keyUsage=digitalSignature
        echo extendedKeyUsage=serverAuth,clientAuth
        [ -z "${3:-}" ] || echo "subjectAltName=$3"
    )
}

# kubeconfig NAME FILE: of the user whose certificate is NAME; may be copied elsewhere.
kubeconfig() {
    cat >"$2" <<JSON
apiVersion: v1
kind: Config
current-context: chainpod-test
clusters: [{name: chainpod-test, cluster: {server: "https://$address:6443", certificate-authority-data: $(base64 -w0 ca.crt)}}]
users: [{name: $1, user: {client-certificate-data: $(base64 -w0 "$1.crt"), client-key-data: $(base64 -w0 "$1.key")}}]
contexts: [{name: chainpod-test, context: {cluster: chainpod-test, user: $1}}]
JSON
}

# make_pki: for an API server at $address.
make_pki() (
    umask 077
    mkdir -p "$dir/pki"
    cd "$dir/pki" || exit
    new_key ca
    ssl req -x509 -new -key ca.key -subj /CN=chainpod-test-ca -days 30 -out ca.crt
    local names="DNS:kubernetes,DNS:kubernetes.default,DNS:kubernetes.default.svc,DNS:kubernetes.default.svc.cluster.local"
    certificate apiserver /CN=kube-apiserver "$names,DNS:localhost,IP:127.0.0.1,IP:10.96.0.1,IP:$address"
    certificate admin /O=system:masters/CN=admin
    new_key sa
    ssl ec -in sa.key -pubout -out sa.pub
    if [ "$mode" = node ]; then
        certificate node /O=system:nodes/CN=system:node:node1
        certificate proxy /CN=system:kube-proxy
        kubeconfig node node.conf
        kubeconfig proxy proxy.conf
    fi
    kubeconfig admin "$dir/admin.conf"
)
