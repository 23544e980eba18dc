import { join } from 'node:path'
import { clusterAddresses } from './cluster-addresses.ts'

export interface ControlPlaneLayout {
  /** Data, certificates and kubeconfigs. */
  directory: string
  address: string
  apiPort: number
  etcdPort: number
  etcdPeerPort: number
  /** Without one, the API server's own address is not published to pods. */
  node: boolean
}

const certificate = ({ directory }: ControlPlaneLayout, name: string) => join(directory, 'certificates', name)
const kubeconfig = ({ directory }: ControlPlaneLayout, name: string) => join(directory, `${name}.kubeconfig`)

export function etcdArguments(layout: ControlPlaneLayout): string[] {
  const [client, peer] = [`http://127.0.0.1:${layout.etcdPort}`, `http://127.0.0.1:${layout.etcdPeerPort}`]
  return [
    '--name=streamforge', `--data-dir=${join(layout.directory, 'etcd')}`, '--log-level=warn',
    `--listen-client-urls=${client}`, `--advertise-client-urls=${client}`,
    `--listen-peer-urls=${peer}`, `--initial-advertise-peer-urls=${peer}`, `--initial-cluster=streamforge=${peer}`,
    // A test cluster: what the machine's power cut would lose can be applied anew.
    '--unsafe-no-fsync=true',
  ]
}

export function apiServerArguments(layout: ControlPlaneLayout): string[] {
  return [
    `--bind-address=${layout.address}`, `--secure-port=${layout.apiPort}`,
    ...(layout.node ? [`--advertise-address=${layout.address}`] : ['--endpoint-reconciler-type=none']),
    `--etcd-servers=http://127.0.0.1:${layout.etcdPort}`,
    `--client-ca-file=${certificate(layout, 'ca.crt')}`,
    `--tls-cert-file=${certificate(layout, 'apiserver.crt')}`, `--tls-private-key-file=${certificate(layout, 'apiserver.key')}`,
    '--kubelet-preferred-address-types=InternalIP',
    `--kubelet-certificate-authority=${certificate(layout, 'ca.crt')}`,
    `--kubelet-client-certificate=${certificate(layout, 'apiserver-kubelet-client.crt')}`, `--kubelet-client-key=${certificate(layout, 'apiserver-kubelet-client.key')}`,
    `--service-account-issuer=https://kubernetes.default.svc.${clusterAddresses.domain}`,
    `--service-account-key-file=${certificate(layout, 'service-accounts.pub')}`, `--service-account-signing-key-file=${certificate(layout, 'service-accounts.key')}`,
    '--authorization-mode=Node,RBAC', '--enable-admission-plugins=NodeRestriction', '--anonymous-auth=false', '--profiling=false',
    '--allow-privileged=true', `--service-cluster-ip-range=${clusterAddresses.services}`,
    // Small as the cluster is: fewer watch caches and workers than for thousands of nodes.
    '--default-watch-cache-size=20', '--max-requests-inflight=200', '--max-mutating-requests-inflight=100',
  ]
}

export function controllerManagerArguments(layout: ControlPlaneLayout): string[] {
  return [
    `--kubeconfig=${kubeconfig(layout, 'controller-manager')}`, '--leader-elect=false', '--secure-port=0', '--profiling=false',
    `--root-ca-file=${certificate(layout, 'ca.crt')}`, `--service-account-private-key-file=${certificate(layout, 'service-accounts.key')}`,
    `--cluster-signing-cert-file=${certificate(layout, 'ca.crt')}`, `--cluster-signing-key-file=${certificate(layout, 'ca.key')}`,
    '--use-service-account-credentials=true',
  ]
}

export function schedulerArguments(layout: ControlPlaneLayout): string[] {
  return [`--kubeconfig=${kubeconfig(layout, 'scheduler')}`, '--leader-elect=false', '--secure-port=0', '--profiling=false']
}
