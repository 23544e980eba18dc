import { glob, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { services } from '@streamforge/contracts'
import { expect, it } from 'vitest'

const root = join(import.meta.dirname, '../../..')

it('has a Kafka user for whatever runs by libs/service, under the name that it runs with', async () => {
  const found = new Set<string>()
  for await (const file of glob('apps/*/src/**/main.ts', { cwd: root })) {
    const text = await readFile(join(root, file), 'utf8')
    for (const [, name] of text.matchAll(/await run(?:Service|Workers?)?\('([\w-]+)'/g)) found.add(name!)
  }
  expect([...found].sort()).toEqual([...services].sort())
})
