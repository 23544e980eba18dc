import type { Client } from 'minio'
import { expect, it } from 'vitest'
import type { Bucket } from './bucket.ts'
import { uploadLarge } from './upload-large.ts'

/** A server's part in an upload, as far as it decides what this side does next. */
function serverOf(client: Partial<Record<keyof Client, (...given: never[]) => Promise<unknown>>>, tries = 1): Bucket {
  return {
    name: 'b', close: () => undefined,
    async call(_, request) {
      for (let number = 0; ; number++) {
        try {
          return await request(client as unknown as Client, number)
        } catch (error) {
          if (number + 1 >= tries) throw error
        }
      }
    },
  }
}
const s3Error = (code: string) => Object.assign(new Error(code), { name: 'S3Error', code })
async function* parts(count: number, onTaken: (taken: number) => void = () => undefined): AsyncGenerator<Buffer> {
  for (let i = 0; i < count; i++) {
    onTaken(i + 1)
    yield Buffer.alloc(5, i)
  }
}

it('takes the next part when the one before is stored', async () => {
  let stored = 0
  let ahead = 0
  const bucket = serverOf({
    initiateNewMultipartUpload: async () => 'u', completeMultipartUpload: async () => undefined,
    uploadPart: async () => {
      await new Promise((resolve) => setImmediate(resolve))
      stored++
      return { etag: 'e' }
    },
  })
  await uploadLarge(bucket, 'put', parts(50, (taken) => { ahead = Math.max(ahead, taken - stored) }))
  expect(stored).toBe(50)
  expect(ahead).toBe(1)
})

it('drops the upload when a part fails, and when the source fails', async () => {
  for (const fails of ['server', 'source']) {
    let dropped = 0
    const bucket = serverOf({
      initiateNewMultipartUpload: async () => 'u', abortMultipartUpload: async () => void dropped++,
      uploadPart: async () => {
        if (fails === 'server') throw s3Error('AccessDenied')
        return { etag: 'e' }
      },
    })
    await expect(uploadLarge(bucket, 'put', parts(3, (taken) => {
      if (taken === 2) throw new Error('source broke')
    }))).rejects.toThrow(fails === 'server' ? 'AccessDenied' : 'source broke')
    expect(dropped).toBe(1)
  }
})

it('knows that an upload is complete whose answer was lost', async () => {
  let asked = 0
  const lost = (found: boolean) => serverOf({
    initiateNewMultipartUpload: async () => 'u', uploadPart: async () => ({ etag: 'e' }), abortMultipartUpload: async () => undefined,
    completeMultipartUpload: async () => {
      throw asked++ === 0 ? new Error('socket hang up') : s3Error('NoSuchUpload')
    },
    statObject: async () => {
      if (!found) throw s3Error('NotFound')
      return {}
    },
  }, 2)
  await expect(uploadLarge(lost(true), 'put', parts(1))).resolves.toBeDefined()
  asked = 0
  await expect(uploadLarge(lost(false), 'put', parts(1))).rejects.toThrow('NotFound')
})
