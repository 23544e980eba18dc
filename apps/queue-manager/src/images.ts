import { resolve } from 'node:path'
import { parseDataType, type DataType, type QueueType, type Target } from '@streamforge/contracts'
import { nodeCommand, type NodeLimits, type Program } from '@streamforge/launcher'

/** The app that does a target's work for a type. */
export function appFor(target: Target, type: QueueType): string {
  if (target !== 'loader-producer') return target
  return parseDataType(type).source === 'api' ? 'loader-api' : 'loader-ws'
}

/** Apps of this release that may be launched: the allow-list. */
export const launchableApps = [
  'loader-api', 'loader-ws', 'arango-connector', 'processor', 'graph-builder', 'trainer', 'predictor', 'dummy-service',
] as const

/** Whether this release has a service that loads the type. */
export const isAvailable = (type: DataType) => (launchableApps as readonly string[]).includes(appFor('loader-producer', type))

/** `registry.example/streamforge/loader-api:v0.2.0`; of an app with a promoted version, that. */
export function imageName(registry: string, version: string, promoted: (app: string) => string | undefined = () => undefined) {
  return (target: Target, type: QueueType) => {
    const app = appFor(target, type)
    return `${registry}/${app}:${promoted(app) ?? version}`
  }
}

const appsDirectory = resolve(import.meta.dirname, '../..')

/** What runs for each image on this machine: the app's source, by this process's Node. */
export function localPrograms({ trainerHeapMb }: { trainerHeapMb: number }): Record<string, Program> {
  const streaming = { semiSpaceMb: 16 }
  const limits: Readonly<Record<string, NodeLimits>> = { trainer: { maxHeapMb: trainerHeapMb }, 'loader-ws': streaming, 'arango-connector': streaming }
  return Object.fromEntries(launchableApps.map((app) => [app, {
    command: nodeCommand(resolve(appsDirectory, app, 'src/main.ts'), limits[app] ?? {}),
  }]))
}
