import { join, resolve } from 'node:path'
import { appOfImage, openKubernetesLauncher, openProcessLauncher, readJobTemplates, type Launcher, type Program } from '@streamforge/launcher'
import type { Store } from '@streamforge/store'
import { launchableApps } from './images.ts'
import { jobEnvironment } from './job-environment.ts'
import { divideLauncher } from './standing/divided-launcher.ts'
import { openStandingLauncher } from './standing/standing-launcher.ts'

export interface LauncherConfig {
  LAUNCHER: 'processes' | 'kubernetes'
  KUBERNETES_NAMESPACE: string
  KUBECONFIG?: string | undefined
  IMAGE_REGISTRY: string
  JOB_TEMPLATES_DIR: string
  STANDING_APPS: readonly string[]
}

export interface LauncherSurroundings {
  store: Store
  dataDir: string
  env: Readonly<Record<string, string | undefined>>
  now: () => number
  onFailure: (error: unknown, attempt: number) => void
  /** What runs for each app on this machine; it may change. */
  programs: Readonly<Record<string, Program>>
}

/** Where jobs run: as child processes of this machine, or as Jobs of a cluster; those of STANDING_APPS in processes that run all the time, where some do. */
export async function openLauncher(config: LauncherConfig, surroundings: LauncherSurroundings): Promise<Launcher> {
  const launcher = await openOwnProcesses(config, surroundings)
  const { STANDING_APPS: apps } = config
  if (apps.length === 0) return launcher
  const { store, now, onFailure } = surroundings
  const standing = await openStandingLauncher({ store, now, elapsed: () => performance.now(), onFailure: (error) => onFailure(error, 1) })
  return divideLauncher(standing, launcher, (image) => apps.includes(appOfImage(image)))
}

/** Each job in a process of its own. */
async function openOwnProcesses(config: LauncherConfig, { dataDir, env, now, onFailure, programs }: LauncherSurroundings): Promise<Launcher> {
  if (config.LAUNCHER === 'processes') {
    return openProcessLauncher({ directory: join(dataDir, 'jobs'), programs, env: jobEnvironment(env, dataDir), now })
  }
  return openKubernetesLauncher({
    namespace: config.KUBERNETES_NAMESPACE, kubeconfig: config.KUBECONFIG, now, onFailure,
    // The allow-list of a cluster: the apps of this release, from this registry.
    images: { registry: config.IMAGE_REGISTRY, templates: await readJobTemplates(resolve(config.JOB_TEMPLATES_DIR), launchableApps) },
  })
}
