import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { featureSets, measurementNames, measurements, type Measurement } from '@streamforge/contracts'
import { expect, it } from 'vitest'

const page = await readFile(join(import.meta.dirname, '../../../docs/TIMESERIES.md'), 'utf8')
const rows = new Map([...page.matchAll(/^\| `(\w+)` \| ([^|]+) \| ([^|]+) \| ([^|]+) \| ([^|]+) \|$/gm)].map(([, name, , time, tags, fields]) => [name!, { time: time!, tags: tags!, fields: fields! }]))
const names = (cell: string) => [...cell.matchAll(/`(\w+)`/g)].map(([, name]) => name!)
const features = new Set<string>(Object.values(featureSets).flat())

it.each(measurementNames)('docs/TIMESERIES.md has the tags and fields of %s', (name) => {
  const { tags, fields }: Measurement = measurements[name]
  const row = rows.get(name)
  expect(names(row?.tags ?? '')).toEqual(Object.keys(tags))
  expect(names(row?.fields ?? '')).toEqual(Object.keys(fields).filter((field) => !features.has(field)))
})

it('docs/TIMESERIES.md has no measurement that there is not', () => {
  expect([...rows.keys()].filter((name) => /^[a-z_]+$/.test(name))).toEqual(measurementNames)
})
