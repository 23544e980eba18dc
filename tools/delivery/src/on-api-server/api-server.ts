import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { runToEnd } from '@streamforge/servers'
import { kubectlProgram, startKubernetes, type KubernetesServer } from '@streamforge/servers/kubernetes'
import { parseAllDocuments } from 'yaml'
import { definitionsOf } from '../custom-resource-definitions.ts'

export const repositoryRoot = resolve(import.meta.dirname, '../../../..')

export interface Manifest {
  apiVersion: string
  kind: string
  metadata: { name: string; namespace?: string; labels?: Record<string, string> }
}

/** A real API server that knows the operators' kinds, and the manifests that it is to check. */
export interface ApiServer {
  server: KubernetesServer
  /** For what the checks write. */
  folder: string
  /** By the folder that was built. */
  built: ReadonlyMap<string, Manifest[]>
  stop(): Promise<void>
}

export interface ApiServerOptions {
  /** Files with definitions of kinds: see customResourceDefinitions. */
  definitions: string
  /** Folders of the repository with a kustomization. */
  folders: readonly string[]
  /** Kinds that checks make beside those of `folders`, as `group/Kind`. */
  kinds: readonly string[]
}

/** One for all checks: starting it and teaching it the kinds takes longer than most of them. */
export async function startApiServer({ definitions, folders, kinds }: ApiServerOptions): Promise<ApiServer> {
  const folder = await mkdtemp(join(tmpdir(), 'streamforge-api-server-'))
  const server = await startKubernetes({ node: false })
  const stop = async () => {
    await server.stop()
    await rm(folder, { recursive: true, force: true })
  }
  try {
    const built = new Map<string, Manifest[]>()
    for (const path of folders) built.set(path, parseAllDocuments(await kustomize(join(repositoryRoot, path))).map((document) => document.toJS() as Manifest))
    const used = [...built.values()].flat().map(({ apiVersion, kind }) => `${apiVersion.split('/')[0]!}/${kind}`)
    const files = await definitionsOf(definitions, new Set([...used, ...kinds]))
    await server.kubectl('apply', '--server-side', ...files.flatMap((file) => ['-f', file]))
    await server.kubectl('wait', '--for=condition=Established', 'crd', '--all', '--timeout=180s')
    return { server, folder, built, stop }
  } catch (error) {
    await stop()
    throw error
  }
}

/** What `kubectl kustomize` makes of a folder: YAML. */
export async function kustomize(folder: string): Promise<string> {
  const { status, output } = await runToEnd(await kubectlProgram(), ['kustomize', folder])
  if (status !== 0) throw new Error(`${folder}: ${output}`)
  return output
}
