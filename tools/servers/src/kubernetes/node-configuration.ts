import { join } from 'node:path'
import { clusterAddresses, nodeName } from './cluster-addresses.ts'

/** Where a node's parts lie. `run` is short: sockets' paths are limited to 107 characters. */
export interface NodeLayout {
  directory: string
  run: string
}

/** Its own pause image is imported under this name. */
export const sandboxImage = 'streamforge.internal/pause:1'

export const containerdSocket = ({ run }: NodeLayout) => join(run, 'containerd.sock')

/**
 * Written for machines whose cgroups are hybrid and that may not raise limits (CAP_SYS_RESOURCE is missing), such as a container or a small
 * virtual machine; harmless elsewhere.
 */
export function containerdConfiguration(layout: NodeLayout): string {
  return `version = 2
root = ${quoted(join(layout.directory, 'containerd'))}
state = ${quoted(join(layout.run, 'containerd'))}
disabled_plugins = ["io.containerd.internal.v1.opt", "io.containerd.snapshotter.v1.btrfs", "io.containerd.snapshotter.v1.zfs", "io.containerd.snapshotter.v1.devmapper", "io.containerd.snapshotter.v1.aufs", "io.containerd.tracing.processor.v1.otlp"]

[grpc]
  address = ${quoted(containerdSocket(layout))}

[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = ${quoted(sandboxImage)}
  restrict_oom_score_adj = true
  disable_apparmor = true
  netns_mounts_under_state_dir = true
  stream_server_address = "127.0.0.1"

  [plugins."io.containerd.grpc.v1.cri".containerd]
    snapshotter = "overlayfs"
    default_runtime_name = "runc"

    [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
      runtime_type = "io.containerd.runc.v2"

      [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc.options]
        SystemdCgroup = false

  [plugins."io.containerd.grpc.v1.cri".cni]
    bin_dir = "/usr/lib/cni"
    conf_dir = ${quoted(join(layout.directory, 'cni'))}
`
}

const quoted = (text: string) => JSON.stringify(text)

/**
 * Every pod on a wire of its own, routed by the host: no bridge, which would carry answers between two pods past the translation of a
 * Service's address.
 */
export function networkConfiguration(layout: NodeLayout): string {
  return json({
    cniVersion: '0.4.0',
    name: 'streamforge',
    plugins: [{
      type: 'ptp',
      ipMasq: false,
      ipam: { type: 'host-local', ranges: [[{ subnet: clusterAddresses.pods }]], routes: [{ dst: '0.0.0.0/0' }], dataDir: join(layout.directory, 'cni-addresses') },
    }],
  })
}

export function kubeletConfiguration(layout: NodeLayout): string {
  const certificates = join(layout.directory, 'certificates')
  return json({
    apiVersion: 'kubelet.config.k8s.io/v1beta1',
    kind: 'KubeletConfiguration',
    address: clusterAddresses.host,
    authentication: { anonymous: { enabled: false }, webhook: { enabled: true }, x509: { clientCAFile: join(certificates, 'ca.crt') } },
    authorization: { mode: 'Webhook' },
    tlsCertFile: join(certificates, 'kubelet-server.crt'),
    tlsPrivateKeyFile: join(certificates, 'kubelet-server.key'),
    containerRuntimeEndpoint: `unix://${containerdSocket(layout)}`,
    cgroupDriver: 'cgroupfs',
    failCgroupV1: false,
    failSwapOn: false,
    oomScoreAdj: 0,
    maxOpenFiles: 20_000,
    makeIPTablesUtilChains: false,
    clusterDomain: clusterAddresses.domain,
    clusterDNS: [clusterAddresses.host],
    resolvConf: '/etc/resolv.conf',
    podLogsDir: join(layout.directory, 'pod-logs'),
    volumePluginDir: join(layout.directory, 'volume-plugins'),
    // No registry to pull from: an image that is removed to save space would be gone.
    imageGCHighThresholdPercent: 100,
    imageGCLowThresholdPercent: 99,
    evictionHard: { 'memory.available': '100Mi', 'nodefs.available': '1%', 'imagefs.available': '1%' },
    shutdownGracePeriod: '0s',
    syncFrequency: '10s',
    fileCheckFrequency: '60s',
    eventRecordQPS: 0,
  })
}

export function kubeletArguments(layout: NodeLayout): string[] {
  return [
    `--config=${join(layout.directory, 'kubelet.json')}`, `--kubeconfig=${join(layout.directory, 'kubelet.kubeconfig')}`,
    `--root-dir=${join(layout.directory, 'kubelet')}`, `--cert-dir=${join(layout.directory, 'kubelet-certificates')}`,
    `--hostname-override=${nodeName}`, `--node-ip=${clusterAddresses.host}`, '--node-labels=streamforge-worker=true',
  ]
}

export function kubeProxyConfiguration(layout: NodeLayout): string {
  return json({
    apiVersion: 'kubeproxy.config.k8s.io/v1alpha1',
    kind: 'KubeProxyConfiguration',
    mode: 'nftables',
    hostnameOverride: nodeName,
    clusterCIDR: clusterAddresses.pods,
    clientConnection: { kubeconfig: join(layout.directory, 'kube-proxy.kubeconfig') },
    conntrack: { maxPerCore: 0, min: 0 },
    oomScoreAdj: 0,
    healthzBindAddress: '127.0.0.1:10256',
    metricsBindAddress: '127.0.0.1:10249',
  })
}

export function corednsConfiguration(layout: NodeLayout): string {
  return `.:53 {
  bind ${clusterAddresses.host}
  ready 127.0.0.1:8181
  errors
  cache 5
  kubernetes ${clusterAddresses.domain} in-addr.arpa ip6.arpa {
    kubeconfig ${join(layout.directory, 'coredns.kubeconfig')}
    pods insecure
    fallthrough in-addr.arpa ip6.arpa
  }
  forward . /etc/resolv.conf
}
`
}

function json(value: unknown): string {
  return `${JSON.stringify(value, undefined, 2)}\n`
}
