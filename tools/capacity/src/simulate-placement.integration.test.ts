import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { kubernetesAvailable, runningKubernetes, startKubernetes, type KubernetesServer } from '@streamforge/servers/kubernetes'
import { measuredCosts } from './costs.ts'
import { allocatable, parseNode } from './node-size.ts'
import { parseLoad } from './parse-load.ts'
import { planCapacity } from './plan-capacity.ts'
import { simulatePlacement } from './simulate-placement.ts'

const available = await kubernetesAvailable()
const reason = available.ok ? '' : ` (skipped: ${available.reason})`

describe.skipIf(!available.ok)(`the nodes of a plan, by Kubernetes' scheduler and kwok${reason}`, () => {
  const size = parseNode('8x32')
  const { pods, nodes } = planCapacity(parseLoad('all of Binance spot, trades and books'), { costs: measuredCosts, node: size, groupSize: 8, replication: 3 })
  let kubernetes: KubernetesServer
  let own = false
  beforeAll(async () => {
    const running = await runningKubernetes()
    own = running === undefined
    kubernetes = running ?? (await startKubernetes())
  }, 300_000)
  afterAll(async () => {
    if (own) await kubernetes.stop()
  }, 60_000)

  it('hold every pod', async () => {
    const placement = await simulatePlacement(kubernetes, { pods, nodes, size })
    expect(placement).toEqual({ placed: pods.reduce((sum, { count }) => sum + count, 0), unplaced: 0 })
  }, 200_000)

  it('and fewer than the sum of the requests needs do not', async () => {
    const room = allocatable(size)
    const least = Math.ceil(Math.max(sumOf((pod) => pod.cores) / room.cores, sumOf((pod) => pod.megabytes) / room.megabytes))
    const { unplaced } = await simulatePlacement(kubernetes, { pods, nodes: least - 1, size })
    expect(unplaced).toBeGreaterThan(0)
  }, 200_000)

  const sumOf = (pick: (pod: (typeof pods)[number]) => number) => pods.reduce((sum, pod) => sum + pod.count * pick(pod), 0)
})
