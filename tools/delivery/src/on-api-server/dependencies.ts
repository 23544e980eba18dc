import { existsSync, readdirSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { beforeAll, expect, test } from 'vitest'
import { kindsWithoutDefinition } from '../custom-resource-definitions.ts'
import { repositoryRoot as root, type ApiServer, type Manifest } from './api-server.ts'

/** Every folder that is applied by itself; the base and its overlays are checked by tools/servers. */
export const dependencyFolders = ['argocd', 'argocd/root', 'k8s/observability', ...['argocd/options', 'k8s/dependencies'].flatMap((folder) => readdirSync(join(root, folder)).map((name) => `${folder}/${name}`))]
  .filter((folder) => existsSync(join(root, folder, 'kustomization.yaml')))

interface Workload extends Manifest {
  spec?: { template?: { metadata: object; spec: object }; jobTemplate?: { spec: { template: { metadata: object; spec: object } } } }
}

/** What the platform stands on: `built` has the manifests of each of `dependencyFolders`. */
export function dependencyChecks(apiServer: () => ApiServer): void {
  let server: ApiServer['server']
  let folder: string
  let built: ReadonlyMap<string, Workload[]>

  beforeAll(async () => {
    ({ server, folder, built } = apiServer())
    await server.kubectl('apply', '-f', join(root, 'k8s/base/namespace.yaml'))
    const namespaces = new Set([...built.values()].flat().map(({ metadata }) => metadata.namespace).filter((name) => name !== undefined && name !== 'default' && name !== 'kube-system' && name !== 'stf'))
    const wanted = [...built.values()].flat().filter(({ kind }) => kind === 'Namespace')
    await server.kubectl('apply', '-f', await write('namespaces.json', [
      ...[...namespaces].filter((name) => !wanted.some(({ metadata }) => metadata.name === name)).map((name) => ({ apiVersion: 'v1', kind: 'Namespace', metadata: { name } })), ...wanted,
    ]))
  }, 60_000)

  async function write(name: string, items: object[]): Promise<string> {
    const file = join(folder, name)
    await writeFile(file, JSON.stringify({ apiVersion: 'v1', kind: 'List', items }))
    return file
  }

  test('every field of every manifest is known, and nothing is warned of', async () => {
    for (const path of dependencyFolders) expect(built.get(path)!.length, path).toBeGreaterThan(0)
    const known = [...built.values()].flat().filter(({ kind }) => !kindsWithoutDefinition.includes(kind))
    const output = await server.kubectl('apply', '--dry-run=server', '--validate=strict', '-f', await write('checked.json', known))
    // What the bootstrap script has made lacks kubectl's own note, which is no matter of the manifests.
    const said = output.replaceAll(/^Warning: resource \S+ is missing the kubectl\.kubernetes\.io\/last-applied-configuration annotation.*\n/gm, '')
    expect(said).not.toMatch(/warning/i)
    expect(said.trim().split('\n')).toHaveLength(known.length)
  }, 120_000)

  test('a field that a kind does not have is refused', async () => {
    const [topic] = built.get('k8s/dependencies/kafka')!.filter(({ kind }) => kind === 'KafkaTopic')
    const wrong = { ...topic, spec: { ...topic!.spec, partitionCount: 3 } }
    await expect(write('wrong.json', [wrong]).then((file) => server.kubectl('apply', '--dry-run=server', '--validate=strict', '-f', file))).rejects.toThrow(/partitionCount/)
  })

  test("Pod Security accepts every pod: the platform's namespace is restricted, that of the servers baseline", async () => {
    const pods = [...built.values()].flat().flatMap(({ kind, metadata, spec }) => {
      const template = spec?.template?.spec ? spec.template : spec?.jobTemplate?.spec.template
      return template && ['Deployment', 'StatefulSet', 'DaemonSet', 'Job', 'CronJob'].includes(kind)
        ? [{ apiVersion: 'v1', kind: 'Pod', metadata: { name: metadata.name, namespace: metadata.namespace, labels: (template.metadata as { labels?: object }).labels }, spec: { restartPolicy: 'Always', ...template.spec } }] : []
    })
    expect(pods.length).toBeGreaterThan(8)
    const accounts = pods.map(({ metadata, spec }) => ({ apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: (spec as { serviceAccountName?: string }).serviceAccountName ?? 'default', namespace: metadata.namespace } }))
    await server.kubectl('apply', '-f', await write('accounts.json', accounts))
    const said = await server.kubectl('create', '--dry-run=server', '-f', await write('pods.json', pods.map(withClaims)))
    expect(said).not.toMatch(/warning/i)
    await expect(write('loose.json', [{ ...pods[0]!, spec: { ...pods[0]!.spec, hostNetwork: true } }]).then((file) => server.kubectl('create', '--dry-run=server', '-f', file))).rejects.toThrow('violates PodSecurity')
  }, 120_000)
}

/** As its controller would make it: a StatefulSet's claims are volumes; which runtime it has is no matter of Pod Security. */
function withClaims<Pod extends { spec: object }>(pod: Pod) {
  const { volumes = [], containers, ...spec } = pod.spec as { volumes?: { name: string }[]; containers: { volumeMounts?: { name: string }[] }[] }
  const claimed = containers.flatMap(({ volumeMounts = [] }) => volumeMounts.map(({ name }) => name)).filter((name) => !volumes.some((volume) => volume.name === name))
  return { ...pod, spec: { ...spec, containers, runtimeClassName: undefined, volumes: [...volumes, ...[...new Set(claimed)].map((name) => ({ name, emptyDir: {} }))] } }
}
