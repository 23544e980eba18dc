import { createHash } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { ObjectStore } from './objects.ts'

export interface ObjectsUnderTest {
  open(): Promise<ObjectStore>
  dispose(): Promise<void>
}

const checksumOf = (content: Uint8Array) => `sha256:${createHash('sha256').update(content).digest('hex')}`
const bytes = (size: number, seed: number) => Buffer.from(Array.from({ length: size }, (_, i) => (i * 31 + seed * 7 + (i >> 8)) & 0xff))

/** What every adapter of the object store must do. */
export function objectsContract(name: string, make: () => Promise<ObjectsUnderTest>): void {
  describe(`objects contract: ${name}`, () => {
    let subject: ObjectsUnderTest
    let objects: ObjectStore
    let other: ObjectStore
    beforeAll(async () => {
      subject = await make()
      objects = await subject.open()
      other = await subject.open()
    })
    afterAll(async () => {
      await objects.close()
      await other.close()
      await subject.dispose()
    })
    const names = async (prefix?: string) => {
      const list: string[] = []
      for await (const { name: object } of objects.list(prefix)) list.push(object)
      return list
    }

    it('gives back what was put, with size, checksum and metadata, to every handle', async () => {
      const content = bytes(300_000, 1)
      const before = Date.now() - 1000
      const metadata = { 'trained-on': '2022-12', note: 'a b; c="d"', 'content-type': 'application/octet-stream' }
      const info = await objects.put('one/model.bin', content, metadata)
      expect(info).toMatchObject({ name: 'one/model.bin', size: 300_000, checksum: checksumOf(content), metadata })
      expect(info.modifiedAt).toBeGreaterThan(before)
      expect(content.equals(await other.get('one/model.bin'))).toBe(true)
      expect(await other.stat('one/model.bin')).toEqual(info)
    })

    it('keeps metadata in any script, and spaces and percent signs as they are', async () => {
      const metadata = { title: 'Größe 漢字 🙂', spaces: '  a  b ', percent: '100 % %41 +', empty: '', sha256: 'its own', 'modified-at': 'never' }
      await objects.put('metadata/any', bytes(1, 1), metadata)
      expect((await other.stat('metadata/any'))!.metadata).toEqual(metadata)
    })

    it('takes streams and gives streams', async () => {
      const parts = [bytes(70_000, 2), Buffer.alloc(0), bytes(5, 3), bytes(200_000, 4)]
      const whole = Buffer.concat(parts)
      const info = await objects.put('two/streamed', (async function* () {
        yield* parts
      })())
      expect(info).toMatchObject({ size: whole.length, checksum: checksumOf(whole), metadata: {} })
      const read: Uint8Array[] = []
      for await (const part of await objects.stream('two/streamed')) read.push(part)
      expect(whole.equals(Buffer.concat(read))).toBe(true)
    })

    it('stores nothing when the source fails, and keeps what was there', async () => {
      const failing = async function* () {
        yield bytes(10, 1)
        throw new Error('source broke')
      }
      await expect(objects.put('three/new', failing())).rejects.toThrow('source broke')
      expect(await objects.stat('three/new')).toBeUndefined()
      await objects.put('three/old', bytes(10, 5))
      await expect(objects.put('three/old', failing())).rejects.toThrow('source broke')
      expect(await objects.get('three/old')).toEqual(bytes(10, 5))
      expect(await names('three/')).toEqual(['three/old'])
    })

    it('replaces content and metadata together', async () => {
      await objects.put('four', bytes(100, 1), { version: '1' })
      const info = await other.put('four', Buffer.alloc(0), { version: '2' })
      expect(info).toMatchObject({ size: 0, checksum: checksumOf(Buffer.alloc(0)) })
      expect(await objects.stat('four')).toEqual(info)
      expect(await objects.get('four')).toEqual(Buffer.alloc(0))
    })

    it('goes on reading a stream whose object is replaced or deleted meanwhile', async () => {
      const content = bytes(1_000_000, 6)
      await objects.put('five', content)
      const stream = await objects.stream('five')
      await other.put('five', bytes(3, 1))
      await other.delete('five')
      const read: Uint8Array[] = []
      for await (const part of stream) read.push(part)
      expect(content.equals(Buffer.concat(read))).toBe(true)
    })

    it('never shows a part, nor the content of one version with the description of another', async () => {
      const versions = [0, 1, 2, 3].map((i) => Buffer.alloc(50_000, i))
      await objects.put('six', versions[0]!)
      let writing = true
      const writes = (async () => {
        for (let round = 0; round < 5; round++) await Promise.all(versions.map((version, i) => (i % 2 ? other : objects).put('six', version)))
        writing = false
      })()
      while (writing) {
        const content: Buffer = await objects.get('six')
        expect(content.equals(versions[content[0]!]!)).toBe(true)
        const info = (await objects.stat('six'))!
        expect(versions.map(checksumOf)).toContain(info.checksum)
      }
      await writes
      expect(checksumOf(await objects.get('six'))).toBe((await objects.stat('six'))!.checksum)
    })

    it('lists by prefix in the order of the names', async () => {
      for (const object of ['l/a', 'l/a/b', 'l/a-b', 'l/B', 'l/a/b/c', 'l/ab', 'lx', '007', 'l/a+b @1,(2)=3']) await objects.put(object, bytes(1, 1))
      expect(await names('l/')).toEqual(['l/B', 'l/a', 'l/a+b @1,(2)=3', 'l/a-b', 'l/a/b', 'l/a/b/c', 'l/ab'])
      expect(await names('l/a/')).toEqual(['l/a/b', 'l/a/b/c'])
      expect(await names('l/a')).toEqual(['l/a', 'l/a+b @1,(2)=3', 'l/a-b', 'l/a/b', 'l/a/b/c', 'l/ab'])
      expect(await names('lx')).toEqual(['lx'])
      expect(await names('none/')).toEqual([])
      const all = await names()
      expect(all).toEqual(expect.arrayContaining(['l/a', 'lx', 'four', '007']))
      expect(all).toEqual(all.toSorted())
    })

    it('deletes one object, not those below its name, and again without harm', async () => {
      for (const object of ['d/a', 'd/a/b']) await objects.put(object, bytes(1, 1))
      await objects.delete('d/a')
      await objects.delete('d/a')
      expect(await objects.stat('d/a')).toBeUndefined()
      expect(await names('d/')).toEqual(['d/a/b'])
      await objects.delete('d/a/b')
      expect(await names('d/')).toEqual([])
    })

    it('says which object is missing', async () => {
      await expect(objects.get('missing/one')).rejects.toMatchObject({ code: 'OBJECT_NOT_FOUND', details: { name: 'missing/one' } })
      await expect(objects.stream('missing/one')).rejects.toMatchObject({ code: 'OBJECT_NOT_FOUND' })
      expect(await objects.stat('missing/one')).toBeUndefined()
      await objects.delete('missing/one')
    })

    it('refuses names that lead elsewhere', async () => {
      for (const bad of ['', '/', '/etc/passwd', '../a', 'a/../../b', 'a//b', 'a/', './a', '.hidden', 'a/.b', 'a\\b', 'a\0b', 'C:/a', 'a#b', 'ä', 'a ', 'x'.repeat(201), 'a/'.repeat(500) + 'a']) {
        for (const work of [objects.put(bad, bytes(1, 1)), objects.get(bad), objects.stat(bad), objects.delete(bad), objects.stream(bad)]) {
          await expect(work, bad).rejects.toMatchObject({ code: 'STORE_REJECTED' })
        }
      }
    })

    it('refuses metadata that cannot travel as headers', async () => {
      const refused: Record<string, string>[] = [{ Upper: 'x' }, { 'a b': 'x' }, { a: 'line\nbreak' }, { a: 'half \ud800' }, { a: 'x'.repeat(3000) }, { a: '漢'.repeat(300) }, { a: 1 as never }]
      for (const metadata of refused) {
        await expect(objects.put('meta', bytes(1, 1), metadata)).rejects.toMatchObject({ code: 'STORE_REJECTED' })
      }
      expect(await objects.stat('meta')).toBeUndefined()
    })
  })
}
