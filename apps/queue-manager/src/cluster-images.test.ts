import type { QueueType, Target } from '@streamforge/contracts'
import { appOfImage } from '@streamforge/launcher'
import { describe, expect, it } from 'vitest'
import { clusterImages } from './cluster-images.ts'
import { imageName, launchableApps } from './images.ts'

describe('what a cluster may run', () => {
  const { registry, apps } = clusterImages({ registry: 'registry.example/streamforge', trainerHeapMb: 512 })

  it.each<[Target, QueueType]>([
    ['loader-producer', 'api_trades'], ['loader-producer', 'ws_trades'], ['arango-connector', 'api_candles_5m'], ['processor', 'features_5m'],
    ['graph-builder', 'graph_5m'], ['trainer', 'train_gnn_5m'], ['predictor', 'forecast_5m'],
  ])('holds the image of %s for %s', (target, type) => {
    const image = imageName('registry.example/streamforge', 'v0.1.0')(target, type)
    expect(image.startsWith(`${registry}/`)).toBe(true)
    expect(Object.keys(apps)).toContain(appOfImage(image))
  })

  it('is this release and nothing else', () => {
    expect(Object.keys(apps).sort()).toEqual([...launchableApps].sort())
  })

  it('leaves a training room for its tensors beside its heap', () => {
    expect(apps['trainer']).toMatchObject({ env: { NODE_OPTIONS: '--max-old-space-size=512' }, resources: { memoryLimit: '2560Mi' } })
  })
})
