import { expect, it } from 'vitest'
import { chaosMeshSchemas, whyNoSchemas } from './chaos-mesh-schemas.ts'
import { readSchedules, readWorkflow } from './read-manifests.ts'
import { problemsIn } from './structural-schema.ts'

const reason = await whyNoSchemas()

it.skipIf(reason !== undefined)(`the experiments are what Chaos Mesh's own definitions take${reason === undefined ? '' : ` (skipped: ${reason})`}`, { timeout: 120_000 }, async () => {
  const schemas = await chaosMeshSchemas()
  for (const manifest of [...await readSchedules(), await readWorkflow()]) {
    expect(manifest.apiVersion).toBe('chaos-mesh.org/v1alpha1')
    expect(problemsIn(manifest, schemas.get(manifest.kind)!), manifest.metadata.name).toEqual([])
  }
  const [schedule] = await readSchedules()
  expect(problemsIn({ ...schedule, spec: { ...schedule!.spec, podChaos: { action: 'pod-kill' } } }, schemas.get('Schedule')!).sort()).toEqual(['.spec.podChaos.mode is missing', '.spec.podChaos.selector is missing'])
})
