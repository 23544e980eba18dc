import { errorCodes } from '@streamforge/contracts'
import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { describe, expect, it } from 'vitest'
import { generatedDocuments } from './generated-documents.ts'

const root = resolve(import.meta.dirname, '../../..')

describe('docs', () => {
  it.each(Object.entries(generatedDocuments()))("%s is what 'npm run docs' writes", async (path, content) => {
    expect(await readFile(join(root, path), 'utf8')).toBe(content)
  })

  it('walks through files that exist', async () => {
    const page = await readFile(join(root, 'docs/WALKTHROUGH.md'), 'utf8')
    const files = [...page.matchAll(/`((?:apps|libs)\/[\w/.-]+\.ts)`/g)].map((m) => m[1]!)
    expect(files.length).toBeGreaterThan(30)
    expect(files.filter((file) => !existsSync(join(root, file)))).toEqual([])
  })

  it('documents every error code, and no other', async () => {
    const page = await readFile(join(root, 'docs/ERRORS.md'), 'utf8')
    const documented = [...page.matchAll(/^\| `([A-Z_]+)` \|/gm)].map((m) => m[1])
    expect(documented.toSorted()).toEqual([...errorCodes].toSorted())
  })
})
