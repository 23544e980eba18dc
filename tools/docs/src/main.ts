// Writes the documents, dashboards and rules that are made from libs/contracts and from what services register: `npm run docs`. With --check it only compares, and fails when one is stale.
import { readFile, mkdir, writeFile } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import { observabilityDocuments } from '@streamforge/observability'
import { generatedDocuments } from './generated-documents.ts'

const root = resolve(import.meta.dirname, '../../..')
const check = process.argv.includes('--check')
const stale: string[] = []

for (const [path, content] of Object.entries({ ...generatedDocuments(), ...await observabilityDocuments() })) {
  const file = join(root, path)
  if ((await readFile(file, 'utf8').catch(() => undefined)) === content) continue
  stale.push(path)
  if (check) continue
  await mkdir(dirname(file), { recursive: true })
  await writeFile(file, content)
}
if (stale.length) process.stdout.write(`${check ? 'stale' : 'written'}: ${stale.join(', ')}\n`)
if (check && stale.length) {
  process.stdout.write("run 'npm run docs' and commit what it writes\n")
  process.exitCode = 1
}
