import { readFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { parseAllDocuments } from 'yaml'

export interface Manifest {
  readonly apiVersion: string
  readonly kind: string
  readonly metadata: { readonly name: string }
  readonly spec: Readonly<Record<string, unknown>>
}

export const kubernetesFolder = resolve(import.meta.dirname, '../../../../k8s')

/** All documents of a file below k8s. */
export async function readManifests(file: string): Promise<Manifest[]> {
  return parseAllDocuments(await readFile(join(kubernetesFolder, file), 'utf8')).map((document) => document.toJS() as Manifest)
}

const scheduleFiles = ['kill', 'network', 'disk-and-clock', 'kafka'].map((name) => `chaos/schedules/${name}.yaml`)
export const readSchedules = async (): Promise<Manifest[]> => (await Promise.all(scheduleFiles.map(readManifests))).flat()
export const readWorkflow = async (): Promise<Manifest> => (await readManifests('chaos/workflow.yaml'))[0]!

/** Every selector within, wherever it stands. */
export function selectorsIn(value: unknown): Record<string, unknown>[] {
  if (value === null || typeof value !== 'object') return []
  const own = 'selector' in value ? [value.selector as Record<string, unknown>] : []
  return [...own, ...Object.values(value).flatMap(selectorsIn)]
}
