import { type EmbeddedRegistryOptions, openEmbeddedRegistry } from './embedded-registry.ts'
import type { MlflowOptions } from './mlflow-client.ts'
import { openMlflowRegistry } from './mlflow-registry.ts'
import type { ModelRegistry } from './model-registry.ts'

/** The registry of this installation: with MLflow where an address of one is given. @throws StreamForgeError STORE_UNAVAILABLE */
export function openModelRegistry(options: EmbeddedRegistryOptions & { mlflow?: MlflowOptions | undefined }): Promise<ModelRegistry> {
  const { mlflow, ...rest } = options
  return mlflow ? openMlflowRegistry({ ...rest, mlflow }) : openEmbeddedRegistry(rest)
}
