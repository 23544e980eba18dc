import { StoredApiToken, StreamForgeError, type ApiToken, type ApiTokenRequest, type Caller, type CreatedApiToken } from '@streamforge/contracts'
import type { Store, StoredDocument } from '@streamforge/store'
import { sameHash, sha256, tokenId, tokenText } from './token-text.ts'

const collection = 'api_tokens'
const dayMs = 86_400_000
/** When a token was last used is written at most so often. */
const usedEveryMs = 60_000
const listed = 10_000

export interface ApiTokens {
  create(request: ApiTokenRequest, by: Caller): Promise<CreatedApiToken>
  /** Newest first. */
  list(): Promise<ApiToken[]>
  /** @throws StreamForgeError NOT_FOUND */
  revoke(id: string): Promise<ApiToken>
  /** Who a token stands for. @throws StreamForgeError NOT_AUTHENTICATED when it is unknown, expired or revoked */
  verify(token: string): Promise<Caller>
}

export interface ApiTokenParts {
  store: Pick<Store, 'ensureCollection' | 'get' | 'find' | 'compareAndSet'>
  /** Milliseconds since the epoch. */
  now: () => number
  randomBytes: (count: number) => Uint8Array
}

/** Tokens of programs, kept as their hashes: who reads the store learns none. */
export async function openApiTokens({ store, now, randomBytes }: ApiTokenParts): Promise<ApiTokens> {
  await store.ensureCollection(collection, { indexes: [['created_at']] })
  const read = async (id: string) => {
    const document = await store.get(collection, id)
    return document && withoutKey(document)
  }
  const save = (token: StoredApiToken, expected: number) => store.compareAndSet(collection, { _key: token.token_id, ...token }, expected)

  const change = async (id: string, next: (token: StoredApiToken) => StoredApiToken): Promise<StoredApiToken> => {
    for (;;) {
      const before = await read(id)
      if (!before) throw new StreamForgeError('NOT_FOUND', `there is no token ${id.slice(0, 100)}`, { remedy: 'GET /tokens lists them' })
      const after = { ...next(before), version: before.version + 1 }
      if (await save(after, before.version)) return after
    }
  }
  const noteUse = (token: StoredApiToken) => {
    const at = now()
    if (token.last_used_at !== undefined && at - token.last_used_at < usedEveryMs) return
    // It says when, not how often: what another process wrote meanwhile says the same.
    return save({ ...token, last_used_at: at, version: token.version + 1 }, token.version).then(() => undefined, () => undefined)
  }
  return {
    async create({ name, role, expires_in_days: days }, by) {
      for (;;) {
        const token = tokenText(randomBytes(32))
        const hash = sha256(token)
        const at = now()
        const facts = { token_id: tokenId(hash), name, role, created_at: at, created_by: by.id, expires_at: at + days * dayMs }
        // Two tokens whose ids are the same: never seen, and refused rather than mixed up.
        if (await save({ ...facts, sha256: hash, version: 1 }, 0)) return { ...facts, token }
      }
    },
    async list() {
      const documents = await store.find(collection, { sort: [{ field: 'created_at', direction: 'desc' }], limit: listed })
      return documents.map((document) => told(withoutKey(document)))
    },
    revoke: async (id) => told(await change(id, (token) => ({ ...token, revoked_at: token.revoked_at ?? now() }))),
    async verify(token) {
      const hash = sha256(token)
      const known = await read(tokenId(hash))
      if (!known || !sameHash(hash, known.sha256)) throw refused('is not known here')
      if (known.revoked_at !== undefined) throw refused('has been revoked')
      if (now() >= known.expires_at) throw refused('has expired')
      await noteUse(known)
      return { kind: 'token', id: known.token_id, name: known.name, role: known.role }
    },
  }
}

const refused = (why: string) => new StreamForgeError('NOT_AUTHENTICATED', `the token ${why}`, { remedy: 'ask an admin for another: streamforge token create' })
const withoutKey = ({ _key, ...fields }: StoredDocument): StoredApiToken => StoredApiToken.parse(fields)
const told = ({ sha256: _hash, version: _version, ...facts }: StoredApiToken): ApiToken => facts
