import { mlflowOptions, openModelRegistry } from '@streamforge/models'
import { runWorker } from '@streamforge/service'
import { codeVersion } from './code-version.ts'
import { Config } from './config.ts'
import { runStage } from './run-stage.ts'

await runWorker('trainer', 'trainer', Config, async (worker) => {
  const { config, now } = worker
  const store = await worker.store()
  const objects = await worker.objects()
  const registry = await openModelRegistry({ store, objects, now, mlflow: mlflowOptions(config) })
  return runStage({ worker, store, objects, registry, codeVersion: config.CODE_VERSION ?? await codeVersion() })
})
