# The configuration files of the node's parts. See lib.sh.
# shellcheck shell=bash disable=SC2154

write_settings() {
    containerd_settings >"$dir/containerd.toml"
    kubelet_settings >"$dir/kubelet.yaml"
    proxy_settings >"$dir/kube-proxy.yaml"
    dns_settings >"$dir/Corefile"
    network_settings >/etc/cni/net.d/10-bridge.conflist
}

# Without CAP_SYS_RESOURCE no OOM score can be lowered; Debian's containerd loads what is not there.
containerd_settings() {
    cat <<TOML
version = 2
root = "/var/lib/containerd"
state = "/run/containerd"
oom_score = 0
disabled_plugins = [
  "io.containerd.snapshotter.v1.aufs", "io.containerd.snapshotter.v1.btrfs",
  "io.containerd.snapshotter.v1.devmapper", "io.containerd.snapshotter.v1.zfs",
  "io.containerd.tracing.processor.v1.otlp", "io.containerd.internal.v1.tracing",
]
[grpc]
  address = "$socket"
[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = "docker.io/chainpod/pause:1"
  restrict_oom_score_adj = true
  disable_apparmor = true
  [plugins."io.containerd.grpc.v1.cri".cni]
    bin_dir = "$kube/cni"
    conf_dir = "/etc/cni/net.d"
  [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
    runtime_type = "io.containerd.runc.v2"
    [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc.options]
      SystemdCgroup = false
TOML
}

kubelet_settings() {
    cat <<YAML
apiVersion: kubelet.config.k8s.io/v1beta1
kind: KubeletConfiguration
address: $address
authentication: {anonymous: {enabled: false}, webhook: {enabled: true}, x509: {clientCAFile: $pki/ca.crt}}
authorization: {mode: Webhook}
cgroupDriver: cgroupfs
failCgroupV1: false
failSwapOn: false
clusterDNS: [$address]
clusterDomain: cluster.local
configMapAndSecretChangeDetectionStrategy: Watch
containerRuntimeEndpoint: unix://$socket
enforceNodeAllocatable: [pods]
# An eviction takes the images of a machine without a registry with it; a full disk is told by what fills it.
evictionHard: {memory.available: 100Mi, nodefs.available: 0%, imagefs.available: 0%, nodefs.inodesFree: 0%, imagefs.inodesFree: 0%}
imageGCHighThresholdPercent: 100
imageGCLowThresholdPercent: 99
maxPods: 60
oomScoreAdj: 0
resolvConf: $dir/resolv.conf
syncFrequency: 10s
nodeStatusUpdateFrequency: 5s
volumePluginDir: /var/lib/kubelet/plugins-exec
shutdownGracePeriod: 0s
YAML
}

proxy_settings() {
    cat <<YAML
apiVersion: kubeproxy.config.k8s.io/v1alpha1
kind: KubeProxyConfiguration
mode: iptables
clusterCIDR: $pods
hostnameOverride: node1
oomScoreAdj: 0
clientConnection: {kubeconfig: $pki/proxy.conf}
conntrack: {maxPerCore: 0, min: 0}
healthzBindAddress: 127.0.0.1:10256
metricsBindAddress: 127.0.0.1:10249
iptables: {minSyncPeriod: 200ms}
YAML
}

# Names of the cluster; no other exists. `template` would run first, so it has a block of its own.
dns_settings() {
    cat <<COREFILE
cluster.local:53 in-addr.arpa:53 {
    bind $address
    errors
    ready 127.0.0.1:8181
    kubernetes cluster.local in-addr.arpa {
        kubeconfig $dir/admin.conf
        pods insecure
        ttl 5
    }
    cache 5
}
.:53 {
    bind $address
    template ANY ANY . {
        rcode NXDOMAIN
    }
}
COREFILE
}

network_settings() {
    cat <<JSON
{"cniVersion": "1.0.0", "name": "chainpod", "plugins": [
  {"type": "bridge", "bridge": "cni0", "isGateway": true, "hairpinMode": true, "ipMasq": false,
   "ipam": {"type": "host-local", "ranges": [[{"subnet": "$pods"}]], "routes": [{"dst": "0.0.0.0/0"}]}},
  {"type": "portmap", "capabilities": {"portMappings": true}}]}
JSON
}
