import { randomBytes } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ensureLocalToken } from '@streamforge/access'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { localToken, namedToken } from './caller-token.ts'
import { connectApi } from './connection.ts'
import { openApiClient } from './api-client.ts'

describe("the caller's token", () => {
  let dataDir: string
  let made: string
  beforeAll(async () => {
    dataDir = await mkdtemp(join(tmpdir(), 'streamforge-cli-token-'))
    made = await ensureLocalToken(dataDir, randomBytes)
  })
  afterAll(() => rm(dataDir, { recursive: true, force: true }))

  it('is the one that the platform of this machine made, where nothing else is said', async () => {
    expect(await localToken(dataDir, {})).toBe(made)
    expect(await localToken(dataDir, { STREAMFORGE_TOKEN: 'stf_other' })).toBe('stf_other')
    expect(await localToken(join(dataDir, 'none'), {})).toBeUndefined()
  })

  it("of another platform is never this machine's", () => {
    expect(namedToken('cluster', {})).toBeUndefined()
    expect(namedToken('raspberry-pi', { STREAMFORGE_RASPBERRY_PI_TOKEN: 'stf_a', STREAMFORGE_TOKEN: 'stf_b' })).toBe('stf_a')
    expect(namedToken('cluster', { STREAMFORGE_TOKEN: 'stf_b' })).toBe('stf_b')
    expect(namedToken(undefined, { STREAMFORGE_TOKEN: 'stf_b' })).toBe('stf_b')
  })

  it('goes where it belongs, with every request', async () => {
    const sent: [string, string | null][] = []
    const fetchFunction: typeof fetch = async (input, init) => {
      sent.push([String(input), new Headers(init?.headers).get('authorization')])
      return new Response(JSON.stringify({ workflows: [], next_cursor: undefined }))
    }
    await openApiClient('http://127.0.0.1:1', { token: made, fetch: fetchFunction }).workflows({})
    await openApiClient('http://127.0.0.1:1', { fetch: fetchFunction }).workflows({})
    expect(sent).toEqual([['http://127.0.0.1:1/workflows', `Bearer ${made}`], ['http://127.0.0.1:1/workflows', null]])
    await writeFile(join(dataDir, 'x'), '')
    expect((await connectApi({ dataDir, url: 'http://elsewhere.example' })).hasToken).toBe(false)
    expect((await connectApi({ dataDir })).hasToken).toBe(true)
  })
})
