import { readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { FeedEntry, feedParsers } from '@streamforge/contracts'
import { expect, it } from 'vitest'
import { parserOf } from '../parsers/index.ts'
import { readFeedFile } from './read-feed-file.ts'

const page = await readFile(resolve(import.meta.dirname, '../../../../docs/FEEDS.md'), 'utf8')

it('every example of docs/FEEDS.md is a feed.yaml', () => {
  const examples = [...page.matchAll(/```yaml\n([\s\S]*?)```/g)].map((m) => m[1]!)
  expect(examples.length).toBeGreaterThan(0)
  for (const example of examples) expect(readFeedFile(example, { binance: 'https://api.binance.com' })).toMatchObject({ ok: true })
})

it('docs/FEEDS.md has every field, and every parser with its kinds', () => {
  const rows = [...page.matchAll(/^\| `([a-z_-]+)` \|([^|]*)\|/gm)].map((m) => [m[1]!, m[2]!.trim()] as const)
  const names = rows.map(([name]) => name)
  for (const field of Object.keys(FeedEntry.shape)) expect(names).toContain(field)
  for (const parser of feedParsers) expect(rows).toContainEqual([parser, parserOf(parser).kinds.join(', ')])
})
