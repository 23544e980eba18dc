import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { measuredCosts } from './costs.ts'
import { rateOfRank, rateOfSymbols, streams } from './market-activity.ts'
import { allocatable, parseNode } from './node-size.ts'
import { packNodes } from './pack-nodes.ts'
import { parseLoad } from './parse-load.ts'
import { planCapacity } from './plan-capacity.ts'

const options = { costs: measuredCosts, node: parseNode('8x32'), groupSize: 8, replication: 3 }
const planFor = (words: string) => planCapacity(parseLoad(words), options)
const coresOf = (plan: ReturnType<typeof planFor>, app: string) => plan.pods.filter((pod) => pod.app === app).reduce((sum, { count, cores }) => sum + count * cores, 0)

describe('the activity of a market', () => {
  it('meets the recordings at both ends', () => {
    expect(rateOfRank(streams.trades, 1)).toBeCloseTo(28.3)
    expect(rateOfRank(streams.tickers, 1_000)).toBeCloseTo(0.7)
  })
  it('lets no symbol send more than ten diffs a second, however busy', () => {
    expect(rateOfRank(streams.diffs, 1)).toBe(10)
    const { mean, busy } = rateOfSymbols(streams.diffs, 2_000)
    expect(busy).toBeLessThanOrEqual(20_000)
    expect(mean).toBeLessThanOrEqual(busy)
  })
})

describe('a plan', () => {
  it('gives the loaders twice the time that their work takes', () => {
    const plan = planFor('all of Binance spot, trades and books')
    const messages = plan.rates.reduce((sum, { mean }) => sum + mean, 0)
    const work = messages * measuredCosts.loader_us / 1e6
    expect(coresOf(plan, 'loader-ws')).toBeGreaterThanOrEqual(2 * work)
    expect(plan.connections).toBe(Math.ceil(6_000 / 1_024))
    expect(plan.kafka).toMatchObject({ partitions: 4_000, brokers: 3 })
  })
  it('holds history against the venue\'s limit of weight', () => {
    const { historyHours } = planFor('100 symbols, 10 days of 1m candles')
    expect(historyHours).toMatchObject({ records: 1_440_000, venue: 2_880 / 6_000 / 60 })
  })
  it('never needs less for more', () => {
    fc.assert(fc.property(fc.integer({ min: 1, max: 3_000 }), fc.integer({ min: 1, max: 3_000 }), fc.constantFrom('trades', 'books', 'trades and books', '1m candles'), (a, b, what) => {
      const [less, more] = [Math.min(a, b), Math.max(a, b)].map((symbols) => planFor(`${symbols} symbols, ${what}`))
      expect(more!.nodes).toBeGreaterThanOrEqual(less!.nodes)
      expect(more!.storeGb).toBeGreaterThanOrEqual(less!.storeGb)
      expect(more!.kafka.brokers).toBeGreaterThanOrEqual(less!.kafka.brokers)
    }), { numRuns: 60 })
  })
})

describe('packing', () => {
  const pods = fc.array(fc.record({ app: fc.constant('a'), count: fc.integer({ min: 1, max: 40 }), cores: fc.integer({ min: 5, max: 700 }).map((hundredths) => hundredths / 100), megabytes: fc.integer({ min: 50, max: 20_000 }) }), { minLength: 1, maxLength: 6 })
  it('takes no fewer nodes than the sums need, and no more than one a pod', () => {
    fc.assert(fc.property(pods, (some) => {
      const room = allocatable(options.node)
      const nodes = packNodes(some, options.node)
      const sum = (pick: (pod: (typeof some)[number]) => number) => some.reduce((total, pod) => total + pod.count * pick(pod), 0)
      expect(nodes).toBeGreaterThanOrEqual(Math.ceil(Math.max(sum((p) => p.cores) / room.cores, sum((p) => p.megabytes) / room.megabytes) - 1e-6))
      expect(nodes).toBeLessThanOrEqual(sum(() => 1))
    }))
  })
  it('says which pod is larger than a node', () => {
    expect(() => packNodes([{ app: 'store', count: 1, cores: 9, megabytes: 100 }], options.node)).toThrow('a pod of store needs 9 cores')
    expect(() => parseNode('big')).toThrow("'big' is not a size of node")
  })
})
