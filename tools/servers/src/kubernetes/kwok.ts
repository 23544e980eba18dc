import { join } from 'node:path'
import { startGuarded } from '../guarded-process.ts'
import { cachedFolder, isCached } from '../server-cache.ts'
import { buildGoPrograms } from './build-go-module.ts'
import type { KubernetesServer } from './kubernetes.ts'

/** https://kwok.sigs.k8s.io */
export const kwokVersion = '0.8.0'
const folderName = `kwok-${kwokVersion}`

export const kwokCached = () => isCached(folderName)

/** Nodes that this selector finds are kept ready, and their pods said to run, though nothing runs. */
export const fakeNodeAnnotation = { name: 'kwok.x-k8s.io/node', value: 'fake' } as const

/** Starts kwok beside a cluster: it plays the kubelet of nodes that do not exist. Built from Go's module proxy on first use. */
export async function startKwok(kubernetes: KubernetesServer): Promise<{ stop(): Promise<void> }> {
  const folder = await cachedFolder(folderName, (filling) =>
    buildGoPrograms({ name: 'kwok', module: { path: 'sigs.k8s.io/kwok', version: kwokVersion }, packages: ['sigs.k8s.io/kwok/cmd/kwok'] }, filling))
  return startGuarded(join(folder, 'kwok'), [
    `--kubeconfig=${kubernetes.kubeconfig}`, '--manage-all-nodes=false', `--manage-nodes-with-annotation-selector=${fakeNodeAnnotation.name}=${fakeNodeAnnotation.value}`,
    '--node-ip=192.0.2.99', '--server-address=',
  ], join(kubernetes.directory, 'kwok.log'))
}
