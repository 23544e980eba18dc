import { cp, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { readJobTemplates, type JobTemplates } from '@streamforge/launcher'
import { parseAllDocuments } from 'yaml'

export const baseTemplates = resolve(import.meta.dirname, '../../../k8s/base/job-templates')

interface Built {
  kind: string
  metadata: { name: string }
  data?: Record<string, string>
  spec?: { template?: { spec: { volumes?: { name: string; configMap?: { name: string } }[] } } }
}

/** What queue-manager reads where an overlay is applied: the files of the ConfigMap that its Deployment mounts. */
export async function templatesIn(built: string): Promise<JobTemplates> {
  const objects = parseAllDocuments(built).map((document) => document.toJS() as Built)
  const deployment = objects.find(({ kind, metadata }) => kind === 'Deployment' && metadata.name === 'queue-manager')!
  const mounted = deployment.spec!.template!.spec.volumes!.find(({ name }) => name === 'job-templates')!.configMap!.name
  const { data } = objects.find(({ kind, metadata }) => kind === 'ConfigMap' && metadata.name === mounted)!
  return readIn(async (folder) => {
    for (const [file, text] of Object.entries(data!)) await writeFile(join(folder, file), text)
  })
}

/** What the manual shows as a file of this name. */
export async function shownInManual(file: string): Promise<string> {
  const page = await readFile(resolve(import.meta.dirname, '../../../docs/OPERATIONS.md'), 'utf8')
  return new RegExp(`\`\`\`yaml ${file}\\n([\\s\\S]*?)\`\`\``).exec(page)![1]!
}

/** The base's, with a patch on them. */
export const templatesWith = (file: string, patch: string) => readIn(async (folder) => {
  await cp(baseTemplates, folder, { recursive: true })
  await writeFile(join(folder, file), patch)
})

async function readIn(fill: (folder: string) => Promise<void>): Promise<JobTemplates> {
  const folder = await mkdtemp(join(tmpdir(), 'streamforge-overlay-templates-'))
  try {
    await fill(folder)
    return await readJobTemplates(folder, (await readdir(baseTemplates)).map((file) => file.replace('.yaml', '')))
  } finally {
    await rm(folder, { recursive: true })
  }
}
