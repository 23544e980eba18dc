import { readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { StartCommand } from '@streamforge/contracts'
import { jobSpec, type JobTemplates } from '@streamforge/launcher'
import { beforeAll, expect, it } from 'vitest'
import { baseTemplates, shownInManual, templatesIn, templatesWith } from '../overlay-templates.ts'
import { kustomize, repositoryRoot, type ApiServer } from './api-server.ts'

const registry = 'registry.example/streamforge'
const overlays = ['local', 'production', 'raspberry-pi']
const manual = "the manual's patch"

/** The templates of workers' Jobs as Kubernetes sees them, and the Jobs that queue-manager makes of them. */
export function jobTemplateChecks(apiServer: () => ApiServer): void {
  let server: ApiServer['server']
  let folder: string
  const templates = new Map<string, JobTemplates>()
  beforeAll(async () => {
    ({ server, folder } = apiServer())
    await server.kubectl('apply', '-f', join(repositoryRoot, 'k8s/base/namespace.yaml'))
    await server.kubectl('apply', '-f', await write('account', [{ apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'default', namespace: 'stf' } }]))
    for (const overlay of overlays) templates.set(overlay, await templatesIn(await kustomize(join(repositoryRoot, 'k8s/overlays', overlay))))
    templates.set(manual, await templatesWith('trainer.patch.yaml', await shownInManual('trainer.patch.yaml')))
  }, 60_000)

  async function write(name: string, items: object[]): Promise<string> {
    const file = join(folder, `job-templates-${name}.json`)
    await writeFile(file, JSON.stringify({ apiVersion: 'v1', kind: 'List', items }))
    return file
  }
  const check = async (name: string, items: object[]) => server.kubectl('create', '--dry-run=server', '--validate=strict', '-f', await write(name, items))
  /** Indexed where history is cut. */
  const jobs = (overlay: string) => Object.keys(templates.get(overlay)!).map((app) => {
    const shards = app === 'loader-api' ? [0, 1].map((shard) => ({ shard, from: shard, to: shard + 1 })) : []
    return jobSpec(startOf(app, shards), { namespace: 'stf', images: { registry, templates: templates.get(overlay)! } })
  })

  it('each file is a Job of which every field is known, and a field that a Job does not have is refused', async () => {
    const said = await server.kubectl('create', '--dry-run=server', '--validate=strict', '-n', 'stf', '-f', baseTemplates)
    expect(said).not.toMatch(/warning/i)
    expect(said.trim().split('\n')).toHaveLength((await readdir(baseTemplates)).length)
    const [job] = jobs('local')
    await expect(check('wrong', [{ ...job!, spec: { ...job!.spec, retries: 3 } }])).rejects.toThrow('retries')
  }, 60_000)

  it.each([...overlays, manual])('%s: every Job that is made is taken, and nothing is warned of', async (overlay) => {
    const said = await check(`${overlay.replaceAll(/\W/g, '-')}-jobs`, jobs(overlay))
    expect(said).not.toMatch(/warning/i)
    expect(said.trim().split('\n')).toHaveLength(Object.keys(templates.get(overlay)!).length)
  }, 60_000)

  it.each(overlays)("%s: Pod Security's restricted accepts every pod", async (overlay) => {
    const pods = jobs(overlay).map(({ metadata, spec: { template } }) => ({ apiVersion: 'v1', kind: 'Pod', metadata: { ...template.metadata, name: `${metadata.name}-${metadata.labels['app.kubernetes.io/name']}`, namespace: 'stf' }, spec: template.spec }))
    expect(await check(`${overlay}-pods`, pods)).not.toMatch(/warning/i)
    const { runAsNonRoot: _, ...anybody } = pods[0]!.spec.securityContext
    await expect(check('loose', [{ ...pods[0]!, spec: { ...pods[0]!.spec, securityContext: anybody } }])).rejects.toThrow('violates PodSecurity "restricted')
  }, 60_000)
}

function startOf(app: string, shards: StartCommand['shards']): StartCommand {
  const queue = `wf-btcusdt-${app}-20220801-a1b2c3`
  return {
    command: 'start', workflow_id: 'wf-a1b2c3', queue_id: queue, target: 'loader-producer', venue: 'binance', symbol: 'BTCUSDT', type: 'api_candles_5m', time_range: '2022-08-01:2022-08-02',
    kafka_topic: `${queue}-data`, collection_name: 'btcusdt_api_candles_5m_2022_08_01', telemetry_id: 'loader-producer__a1b2c3', attempt: 1, shards, checkpoint: [],
    image: `${registry}/${app}:v0.1.0`, timestamp: 1_722_500_000,
  }
}
