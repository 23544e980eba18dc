import { mkdir, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { runToEnd } from '../run-to-end.ts'
import { clusterAddresses, nodeName } from './cluster-addresses.ts'

/** Who a certificate says its bearer is: Kubernetes reads the user from CN and its groups from O. */
export interface Identity {
  name: string
  user: string
  group?: string
}

export const clientIdentities = [
  { name: 'admin', user: 'admin', group: 'system:masters' },
  { name: 'controller-manager', user: 'system:kube-controller-manager' },
  { name: 'scheduler', user: 'system:kube-scheduler' },
  { name: 'kubelet', user: `system:node:${nodeName}`, group: 'system:nodes' },
  { name: 'kube-proxy', user: 'system:kube-proxy', group: 'system:node-proxier' },
  { name: 'coredns', user: 'system:coredns' },
  { name: 'apiserver-kubelet-client', user: 'kube-apiserver-kubelet-client', group: 'system:masters' },
] as const satisfies readonly Identity[]

const days = '365'

/** Makes the certificate authority and every certificate of a cluster in `folder`, where they are not there already. */
export async function makeCertificates(folder: string, { address }: { address: string }): Promise<void> {
  if (await stat(join(folder, 'complete')).then(() => true, () => false)) return
  await mkdir(folder, { recursive: true, mode: 0o700 })
  await openssl(folder, 'req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', days, '-keyout', 'ca.key', '-out', 'ca.crt', '-subj', '/CN=streamforge-kubernetes')
  await openssl(folder, 'genrsa', '-out', 'service-accounts.key', '2048')
  await openssl(folder, 'rsa', '-in', 'service-accounts.key', '-pubout', '-out', 'service-accounts.pub')
  for (const identity of clientIdentities) await sign(folder, identity, 'extendedKeyUsage=clientAuth')
  await sign(folder, { name: 'apiserver', user: 'kube-apiserver' }, serverExtension(address))
  await sign(folder, { name: 'kubelet-server', user: `system:node:${nodeName}`, group: 'system:nodes' }, serverExtension(address))
  await writeFile(join(folder, 'complete'), '')
}

function serverExtension(address: string): string {
  const names = ['kubernetes', 'kubernetes.default', 'kubernetes.default.svc', `kubernetes.default.svc.${clusterAddresses.domain}`, 'localhost', nodeName]
  const addresses = [...new Set(['127.0.0.1', clusterAddresses.api, address])]
  return `extendedKeyUsage=serverAuth\nsubjectAltName=${[...names.map((name) => `DNS:${name}`), ...addresses.map((ip) => `IP:${ip}`)].join(',')}`
}

async function sign(folder: string, { name, user, group }: Identity, extension: string): Promise<void> {
  const subject = `${group === undefined ? '' : `/O=${group}`}/CN=${user}`
  await writeFile(join(folder, `${name}.ext`), `${extension}\n`)
  await openssl(folder, 'req', '-new', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-keyout', `${name}.key`, '-out', `${name}.csr`, '-subj', subject)
  await openssl(folder, 'x509', '-req', '-in', `${name}.csr`, '-CA', 'ca.crt', '-CAkey', 'ca.key', '-CAcreateserial', '-days', days, '-out', `${name}.crt`, '-extfile', `${name}.ext`)
}

async function openssl(folder: string, ...args: string[]): Promise<void> {
  const { status, output } = await runToEnd('openssl', args, { cwd: folder })
  if (status !== 0) throw new Error(`openssl ${args[0]} failed: ${output.slice(-500)}`)
}
