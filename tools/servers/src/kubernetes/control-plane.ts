import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { openApiClient, type ApiClient } from './api-client.ts'
import { clientIdentities, makeCertificates } from './certificates.ts'
import { startComponent, type Component } from './component.ts'
import { apiServerArguments, controllerManagerArguments, etcdArguments, schedulerArguments, type ControlPlaneLayout } from './control-plane-arguments.ts'
import { writeKubeconfig } from './kubeconfig.ts'
import { until } from './until.ts'

export interface ControlPlane {
  url: string
  api: ApiClient
  /** In the order of their start. */
  components: Component[]
}

export interface ControlPlaneOptions {
  layout: ControlPlaneLayout
  /** Folder of etcd, kube-apiserver, kube-controller-manager. */
  programs: string
  /** Where kube-scheduler is; undefined: none runs. */
  scheduler?: string
  log: (line: string) => void
  onRestarted: () => void
}

/** Starts etcd, the API server, the controllers and, for a node, the scheduler; resolves when the API is ready and knows its first account. */
export async function startControlPlane({ layout, programs, scheduler, log, onRestarted }: ControlPlaneOptions): Promise<ControlPlane> {
  const { directory } = layout
  const url = `https://${layout.address}:${layout.apiPort}`
  const certificates = join(directory, 'certificates')
  await mkdir(join(directory, 'logs'), { recursive: true })
  await makeCertificates(certificates, { address: layout.address })
  await Promise.all(clientIdentities.map(({ name }) => writeKubeconfig(join(directory, `${name}.kubeconfig`), { url, certificates, identity: name })))
  const api = await openApiClient(url, certificates)
  const components: Component[] = []
  const start = (name: string, program: string, args: readonly string[]) => components.push(startComponent({ name, program, args, logFile: join(directory, 'logs', `${name}.log`), onEnded: log, onRestarted }))
  try {
    start('etcd', join(programs, 'etcd'), etcdArguments(layout))
    await until('etcd', () => fetch(`http://127.0.0.1:${layout.etcdPort}/health`).then((answer) => answer.ok, () => false))
    start('kube-apiserver', join(programs, 'kube-apiserver'), apiServerArguments(layout))
    await until('kube-apiserver', async () => (await api.get('/readyz')).status === 200)
    start('kube-controller-manager', join(programs, 'kube-controller-manager'), controllerManagerArguments(layout))
    if (scheduler !== undefined) start('kube-scheduler', join(scheduler, 'kube-scheduler'), schedulerArguments(layout))
    await until('the first service account', async () => (await api.get('/api/v1/namespaces/default/serviceaccounts/default')).status === 200)
  } catch (error) {
    await stopInReverse(components)
    throw error
  }
  return { url, api, components }
}

export async function stopInReverse(components: readonly Component[]): Promise<void> {
  for (const component of components.toReversed()) await component.stop()
}
