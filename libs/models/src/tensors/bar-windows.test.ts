import fc from 'fast-check'
import { expect, it } from 'vitest'
import type { Normaliser } from '../normaliser.ts'
import { seededRandom } from '../seeded-random.ts'
import { type KeptBar, openBarWindows } from './bar-windows.ts'
import type { EncoderName } from './gnn.ts'
import { cutWindows, toWindowSource } from './windows.ts'

const featureNames = ['a', 'b', 'c']
const normaliser: Normaliser = { featureNames, centres: [0.1, -0.2, 0], scales: [0.7, 1.3, 0.01], clip: 3, targetScale: 1 }

/** Bars of `assets` with holes: values that are not known, and here and there no bar at all. */
function randomBars(seed: number, count: number, assets: number): (KeptBar | undefined)[] {
  const random = seededRandom(seed)
  return Array.from({ length: count }, () => (random() < 0.1 ? undefined
    : { revision: 1, features: Float32Array.from({ length: assets * featureNames.length }, () => (random() < 0.3 ? NaN : 4 * random() - 2)) }))
}

function byPanel(bars: readonly (KeptBar | undefined)[], encoder: EncoderName, window: number, assets: number) {
  const width = assets * featureNames.length
  const features = new Float32Array(bars.length * width).fill(NaN)
  bars.forEach((bar, t) => bar && features.set(bar.features, t * width))
  const source = toWindowSource({ symbols: Array.from({ length: assets }, (_, n) => String(n)), featureNames, features }, normaliser)
  const presentAssets = source.present.slice(-assets)
  return { ...cutWindows(source, { encoder, window, features: 3, hidden: 2, relationKinds: [] }, [bars.length - 1]), presentAssets }
}

it('makes of each bar what is cut from a panel of the same bars, to the last bit', () => {
  fc.assert(fc.property(fc.integer(), fc.constantFrom<EncoderName>('strided', 'gru'), fc.integer({ min: 1, max: 9 }), fc.integer({ min: 1, max: 4 }), (seed, encoder, window, assets) => {
    const bars = randomBars(seed, window + 6, assets)
    const windows = openBarWindows({ architecture: { encoder, window, features: 3, hidden: 2, relationKinds: [] }, normaliser, assets })
    for (let end = window; end <= bars.length; end++) {
      const shown = bars.slice(end - window, end)
      expect(windows(shown)).toEqual(byPanel(shown, encoder, window, assets))
    }
  }))
})

it('sees that a bar has changed since it was normalised, and that fewer bars are there', () => {
  const architecture = { encoder: 'strided', window: 4, features: 3, hidden: 2, relationKinds: [] } as const
  const windows = openBarWindows({ architecture, normaliser, assets: 1 })
  const changing = { revision: 1, features: Float32Array.of(NaN, 0.5, 0.001) }
  const other = { revision: 1, features: Float32Array.of(1, 1, 1) }
  windows([other, other, changing, other])
  changing.features[0] = 2
  expect(windows([other, other, changing, other])).not.toEqual(byPanel([other, other, changing, other], 'strided', 4, 1))
  changing.revision = 2
  expect(windows([other, other, changing, other])).toEqual(byPanel([other, other, changing, other], 'strided', 4, 1))
  expect(windows([changing, other])).toEqual(byPanel([undefined, undefined, changing, other], 'strided', 4, 1))
})
