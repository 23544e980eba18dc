import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { mountSmallDisk, whyNoDisk, type SmallDisk } from './small-disk.ts'

const reason = await whyNoDisk()

describe.skipIf(reason !== undefined)(`a disk that becomes full${reason === undefined ? '' : ` (skipped: ${reason})`}`, () => {
  let folder: string
  let disk: SmallDisk
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'streamforge-disk-'))
    disk = await mountSmallDisk(folder, 64)
  })
  afterEach(async () => {
    await disk.unmount()
    await rm(folder, { recursive: true })
  })

  it('takes no page more until it is free again, and keeps what it has', async () => {
    const file = (name: string) => join(folder, name)
    await writeFile(file('before'), Buffer.alloc(1_000_000, 'a'))
    await disk.fill()
    await expect(writeFile(file('while'), Buffer.alloc(100_000))).rejects.toMatchObject({ code: 'ENOSPC' })
    expect((await readFile(file('before'))).every((byte) => byte === 97)).toBe(true)
    await disk.free()
    await writeFile(file('after'), Buffer.alloc(1_000_000))
  })
})
