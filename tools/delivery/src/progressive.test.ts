import { readFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { parseAllDocuments } from 'yaml'
import { beforeAll, describe, expect, it } from 'vitest'

const k8s = resolve(import.meta.dirname, '../../../k8s')

async function read<T>(file: string): Promise<T[]> {
  return parseAllDocuments(await readFile(join(k8s, file), 'utf8')).map((document) => document.toJS() as T)
}

interface Rollout {
  spec: {
    workloadRef: { kind: string; name: string }
    strategy: { canary: { canaryService: string; stableService: string; analysis: { startingStep: number; templates: { templateName: string }[]; args: { name: string }[] }; steps: { setWeight?: number; pause?: object }[] } }
  }
}
interface Named { metadata: { name: string } }
interface Analysis extends Named { spec: { args: { name: string; value?: string }[]; metrics: { name: string; interval: string; failureLimit: number; successCondition: string }[] } }

let rollout: Rollout
let analysis: Analysis
let services: string[]
beforeAll(async () => {
  rollout = (await read<Rollout>('progressive/rollout.yaml'))[0]!
  analysis = (await read<Analysis>('progressive/analysis.yaml'))[0]!
  services = (await read<Named>('progressive/services.yaml')).map(({ metadata }) => metadata.name)
})

describe('what scales by processor time', () => {
  it.each(['queue-manager', 'dashboard'])('%s: from 1 to 5 at 50 %%', async (name) => {
    expect(await read(`base/${name}/autoscaler.yaml`)).toMatchObject([{
      spec: { scaleTargetRef: { kind: 'Deployment', name }, minReplicas: 1, maxReplicas: 5, metrics: [{ resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 50 } } }] },
    }])
    // A number here would undo what the autoscaler has done whenever it is applied.
    expect(await read(`base/${name}/deployment.yaml`)).toMatchObject([{ spec: expect.not.objectContaining({ replicas: expect.anything() as unknown }) as object }])
  })
})

describe('the rollout of queue-manager', () => {
  it('begins with a tenth, and takes more in steps, each of which can be watched', () => {
    const { steps } = rollout.spec.strategy.canary
    const weights = steps.flatMap(({ setWeight }) => (setWeight === undefined ? [] : [setWeight]))
    expect(weights[0]).toBe(10)
    expect(weights).toEqual(weights.toSorted((a, b) => a - b))
    expect(steps.filter(({ setWeight }) => setWeight !== undefined).length).toBe(steps.filter(({ pause }) => pause).length)
  })

  it('is watched from its first step on by an analysis that can fail', () => {
    const { analysis: used } = rollout.spec.strategy.canary
    expect(used.startingStep).toBe(1)
    expect(used.templates.map(({ templateName }) => templateName)).toEqual([analysis.metadata.name])
    expect(analysis.spec.args.filter(({ value }) => value === undefined).map(({ name }) => name)).toEqual(used.args.map(({ name }) => name))
    expect(analysis.spec.metrics.length).toBeGreaterThanOrEqual(4)
    // Without a count a measurement goes on as long as the rollout does.
    for (const metric of analysis.spec.metrics) {
      expect(metric).not.toHaveProperty('count')
      expect(metric.failureLimit, metric.name).toBeLessThanOrEqual(3)
      expect(metric.successCondition, metric.name).toMatch(/result/)
    }
  })

  it("takes the Deployment's pods, and names Services that are there", async () => {
    const [deployment] = await read<Named>('base/queue-manager/deployment.yaml')
    expect(rollout.spec.workloadRef).toMatchObject({ kind: 'Deployment', name: deployment!.metadata.name })
    const { canaryService, stableService } = rollout.spec.strategy.canary
    expect([stableService, canaryService].toSorted()).toEqual(services.toSorted())
  })
})
