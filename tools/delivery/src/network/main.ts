import { writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { policyFiles } from './policy-files.ts'

const root = resolve(import.meta.dirname, '../../../..')
for (const [path, content] of Object.entries(policyFiles())) await writeFile(join(root, path), content)
