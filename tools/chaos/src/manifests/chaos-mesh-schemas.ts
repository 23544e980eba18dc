import { copyFile, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { cachedFolder, runToEnd, whyNotRunnable } from '@streamforge/servers'
import { parse } from 'yaml'
import type { StructuralSchema } from './structural-schema.ts'

/** Chaos Mesh as the Go module that it is: its custom resources' definitions are in it. */
const module = { path: 'github.com/chaos-mesh/chaos-mesh', version: 'v0.9.1-0.20260902003049-47411975a8cb' }

/** Undefined when the schemas can be had, else why not. */
export const whyNoSchemas = (): Promise<string | undefined> => whyNotRunnable('go', ['version'])

/** Schema by kind, of the version v1alpha1; downloads the module on first use (3 MB). */
export async function chaosMeshSchemas(): Promise<Map<string, StructuralSchema>> {
  const folder = await cachedFolder(`chaos-mesh-schemas-${module.version}`, download)
  const files = (await readdir(folder)).filter((name) => name.endsWith('.yaml'))
  return new Map(await Promise.all(files.map(async (file): Promise<[string, StructuralSchema]> => {
    const { spec } = parse(await readFile(join(folder, file), 'utf8')) as { spec: { names: { kind: string }; versions: { schema: { openAPIV3Schema: StructuralSchema } }[] } }
    return [spec.names.kind, spec.versions[0]!.schema.openAPIV3Schema]
  })))
}

async function download(folder: string): Promise<void> {
  const project = await mkdtemp(join(tmpdir(), 'streamforge-chaos-mesh-'))
  try {
    await writeFile(join(project, 'go.mod'), 'module streamforge/chaos-mesh\n')
    const { status, output } = await runToEnd('go', ['mod', 'download', '-json', `${module.path}@${module.version}`], { cwd: project })
    const { Dir, Error: error } = JSON.parse(output.slice(output.indexOf('{'))) as { Dir?: string; Error?: string }
    if (status !== 0 || Dir === undefined) throw new Error(`Chaos Mesh's definitions could not be had: ${error ?? output.slice(-1000)}`)
    const definitions = join(Dir, 'config/crd/bases')
    for (const name of await readdir(definitions)) await copyFile(join(definitions, name), join(folder, name))
  } finally {
    await rm(project, { recursive: true, force: true })
  }
}
