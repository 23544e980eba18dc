import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { QueueType, Target } from '@streamforge/contracts'
import { appOfImage, readJobTemplates } from '@streamforge/launcher'
import { loadConfig } from '@streamforge/service'
import type { Store } from '@streamforge/store'
import { describe, expect, it } from 'vitest'
import { Config } from './config.ts'
import { imageName, launchableApps } from './images.ts'
import { openLauncher } from './open-launcher.ts'

const config = { ...loadConfig(Config, { LAUNCHER: 'kubernetes' }), STANDING_APPS: [] }
const templates = await readJobTemplates(config.JOB_TEMPLATES_DIR, launchableApps)

describe("what a cluster's Jobs are made from", () => {
  it.each<[Target, QueueType]>([
    ['loader-producer', 'api_trades'], ['loader-producer', 'ws_trades'], ['arango-connector', 'api_candles_5m'], ['processor', 'features_5m'],
    ['graph-builder', 'graph_5m'], ['trainer', 'train_gnn_5m'], ['predictor', 'forecast_5m'],
  ])('there is a template of %s for %s', (target, type) => {
    expect(Object.keys(templates)).toContain(appOfImage(imageName('registry.example/streamforge', 'v0.1.0')(target, type)))
  })

  it('is this release and nothing else', () => {
    expect(Object.keys(templates).sort()).toEqual([...launchableApps].sort())
  })

  it('leaves a training room for its tensors beside its heap', () => {
    const [{ env, resources }] = templates['trainer']!.spec.template.spec.containers
    const heap = /^--max-old-space-size=(\d+)$/.exec(env!.find(({ name }) => name === 'NODE_OPTIONS')!.value)![1]
    expect(resources.limits.memory).toBe(`${Number(heap) + 2_048}Mi`)
  })

  it('ends queue-manager at its start when it is wrong, before a cluster is asked', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'streamforge-templates-'))
    try {
      await writeFile(join(folder, 'trainer.yaml'), 'kind: Deployment\n')
      const surroundings = { store: {} as Store, dataDir: folder, env: {}, now: Date.now, onFailure: () => undefined, programs: {} }
      await expect(openLauncher({ ...config, JOB_TEMPLATES_DIR: folder, KUBECONFIG: join(folder, 'none') }, surroundings))
        .rejects.toMatchObject({ code: 'BAD_CONFIG', message: expect.stringMatching(/trainer\.yaml: .*processor\.yaml is missing/s) as string })
    } finally {
      await rm(folder, { recursive: true })
    }
  })
})
