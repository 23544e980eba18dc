import fc from 'fast-check'
import { expect, it } from 'vitest'
import { checkObjectName } from '../object-names.ts'
import { describeAsHeaders, describeStored, keyOf, keyPrefix, nameOf } from './description.ts'

const name = fc.array(fc.stringMatching(/^[A-Za-z0-9_=+@,()-]([A-Za-z0-9._=+@,() -]{0,4}[A-Za-z0-9_=+@,()-])?$/), { minLength: 1, maxLength: 3 }).map((segments) => segments.join('/'))

it('keeps the order of names, and prefixes, in keys', () => {
  fc.assert(fc.property(name, name, fc.nat(8), (a, b, length) => {
    checkObjectName(a)
    expect(nameOf(keyOf(a))).toBe(a)
    expect(keyOf(a) < keyOf(b)).toBe(a < b)
    const prefix = b.slice(0, length)
    expect(keyOf(a).startsWith(keyPrefix(prefix))).toBe(a.startsWith(prefix))
    // Else MinIO would not list the one below.
    expect(keyOf(b).startsWith(`${keyOf(a)}/`)).toBe(false)
  }), { seed: 6, numRuns: 5000 })
})

it('describes an object by headers', async () => {
  const given = { checksum: `sha256:${'ab'.repeat(32)}`, modifiedAt: 1_700_000_000_123, metadata: { 'content-type': 'text/csv', sha256: 'größe' } }
  const headers = describeAsHeaders(given)
  expect(headers).toEqual({
    'x-amz-meta-sha256': 'ab'.repeat(32), 'x-amz-meta-modified-at': '1700000000123', 'content-type': 'text/csv',
    'x-amz-meta-stf-content-type': 'text/csv', 'x-amz-meta-stf-sha256': 'gr%C3%B6%C3%9Fe',
  })
  const metaData = Object.fromEntries(Object.entries(headers).map(([header, value]) => [header.replace('x-amz-meta-', ''), value]))
  const stored = { size: 3, lastModified: new Date(0), metaData }
  expect(await describeStored('a', stored, () => expect.unreachable())).toEqual({ name: 'a', size: 3, ...given })
})

it('reads what describes an object of another tool', async () => {
  const stored = { size: 3, lastModified: new Date(5000), metaData: { sha256: 'no checksum', etag: 'x', 'content-type': 'text/plain' } }
  expect(await describeStored('a', stored, async () => 'sha256:read')).toEqual({ name: 'a', size: 3, checksum: 'sha256:read', modifiedAt: 5000, metadata: {} })
})
