import { createCipheriv, createDecipheriv, createHash, hkdfSync } from 'node:crypto'
import type { Store } from '@streamforge/store'

export interface SealedDocument {
  content: unknown
  /** Milliseconds since the epoch. */
  createdAt: number
  seenAt: number
}

/** Documents that only who has the secret can find and read: the store holds its hash and what it encrypts, never the secret. */
export interface SealedDocuments {
  /** Resolves with the secret: 43 characters of base64url. */
  create(content: unknown): Promise<string>
  /** Undefined where there is none, and for what is no secret. */
  read(secret: string): Promise<SealedDocument | undefined>
  /** @returns false: it is gone, or somebody else has changed it meanwhile */
  replace(secret: string, content: unknown): Promise<boolean>
  /** Notes that it was used, to the minute. */
  touch(secret: string): Promise<void>
  remove(secret: string): Promise<void>
  /** Removes those not used since, and those made before. @param limits both in milliseconds since the epoch */
  removeOld(limits: { seenBefore: number; createdBefore: number }): Promise<number>
}

export interface SealedDocumentsParts {
  store: Pick<Store, 'ensureCollection' | 'get' | 'compareAndSet' | 'deleteKeys' | 'find'>
  collection: string
  now: () => number
  randomBytes: (count: number) => Uint8Array
}

interface Stored {
  _key: string
  sealed: string
  created_at: number
  seen_at: number
  version: number
  [field: string]: unknown
}

const form = /^[A-Za-z0-9_-]{43}$/
const seenEveryMs = 60_000

export async function openSealedDocuments({ store, collection, now, randomBytes }: SealedDocumentsParts): Promise<SealedDocuments> {
  await store.ensureCollection(collection, { indexes: [['seen_at'], ['created_at']] })
  const find = (secret: string) => (form.test(secret) ? store.get<Stored>(collection, keyOf(secret)) : Promise.resolve(undefined))
  const change = async (secret: string, next: (before: Stored) => Partial<Stored>) => {
    const before = await find(secret)
    return before !== undefined && store.compareAndSet(collection, { ...before, ...next(before), version: before.version + 1 }, before.version)
  }
  return {
    async create(content) {
      const secret = Buffer.from(randomBytes(32)).toString('base64url')
      const at = now()
      await store.compareAndSet(collection, { _key: keyOf(secret), sealed: seal(secret, content, randomBytes), created_at: at, seen_at: at, version: 1 }, 0)
      return secret
    },
    async read(secret) {
      const stored = await find(secret)
      return stored && { content: unseal(secret, stored.sealed), createdAt: stored.created_at, seenAt: stored.seen_at }
    },
    replace: (secret, content) => change(secret, () => ({ sealed: seal(secret, content, randomBytes), seen_at: now() })),
    async touch(secret) {
      const at = now()
      const before = await find(secret)
      if (before === undefined || at - before.seen_at < seenEveryMs) return
      // Who loses the race against another request of the same page has nothing to add.
      await store.compareAndSet(collection, { ...before, seen_at: at, version: before.version + 1 }, before.version)
    },
    remove: async (secret) => void (form.test(secret) && await store.deleteKeys(collection, [keyOf(secret)])),
    async removeOld({ seenBefore, createdBefore }) {
      const old = [...await store.find(collection, { where: { seen_at: { lt: seenBefore } } }), ...await store.find(collection, { where: { created_at: { lt: createdBefore } } })]
      return old.length === 0 ? 0 : store.deleteKeys(collection, [...new Set(old.map(({ _key }) => _key))])
    },
  }
}

const keyOf = (secret: string) => createHash('sha256').update(`name ${secret}`).digest('hex')
const cipherKey = (secret: string) => Buffer.from(hkdfSync('sha256', Buffer.from(secret, 'base64url'), Buffer.alloc(0), 'streamforge sealed document', 32))

/** AES-256-GCM: 12 bytes of nonce, 16 of tag, then the text. */
function seal(secret: string, content: unknown, randomBytes: (count: number) => Uint8Array): string {
  const nonce = randomBytes(12)
  const cipher = createCipheriv('aes-256-gcm', cipherKey(secret), nonce)
  const text = Buffer.concat([cipher.update(JSON.stringify(content)), cipher.final()])
  return Buffer.concat([nonce, cipher.getAuthTag(), text]).toString('base64')
}

function unseal(secret: string, sealed: string): unknown {
  const bytes = Buffer.from(sealed, 'base64')
  const decipher = createDecipheriv('aes-256-gcm', cipherKey(secret), bytes.subarray(0, 12))
  decipher.setAuthTag(bytes.subarray(12, 28))
  return JSON.parse(Buffer.concat([decipher.update(bytes.subarray(28)), decipher.final()]).toString())
}
