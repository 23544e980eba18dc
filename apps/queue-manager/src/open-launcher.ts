import { join } from 'node:path'
import { openKubernetesLauncher, openProcessLauncher, type Launcher, type Program } from '@streamforge/launcher'
import { clusterImages } from './cluster-images.ts'
import { jobEnvironment } from './job-environment.ts'

export interface LauncherConfig {
  LAUNCHER: 'processes' | 'kubernetes'
  KUBERNETES_NAMESPACE: string
  KUBECONFIG?: string | undefined
  IMAGE_REGISTRY: string
  TRAINER_HEAP_MB: number
}

export interface LauncherSurroundings {
  dataDir: string
  env: Readonly<Record<string, string | undefined>>
  now: () => number
  onFailure: (error: unknown, attempt: number) => void
  /** What runs for each app on this machine; it may change. */
  programs: Readonly<Record<string, Program>>
}

/** Where jobs run: as child processes of this machine, or as Jobs of a cluster. */
export function openLauncher(config: LauncherConfig, { dataDir, env, now, onFailure, programs }: LauncherSurroundings): Promise<Launcher> {
  const { IMAGE_REGISTRY: registry, TRAINER_HEAP_MB: trainerHeapMb } = config
  if (config.LAUNCHER === 'processes') {
    return openProcessLauncher({ directory: join(dataDir, 'jobs'), programs, env: jobEnvironment(env, dataDir), now })
  }
  return openKubernetesLauncher({
    namespace: config.KUBERNETES_NAMESPACE, kubeconfig: config.KUBECONFIG, images: clusterImages({ registry, trainerHeapMb }), now, onFailure,
  })
}
