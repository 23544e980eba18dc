// Writes the manifests that are made of something else in this repository.
import { writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { generatedManifests } from './generated.ts'

const root = resolve(import.meta.dirname, '../../../..')
for (const [path, text] of Object.entries(generatedManifests(root))) {
  await writeFile(join(root, path), text)
  process.stdout.write(`written: ${path}\n`)
}
