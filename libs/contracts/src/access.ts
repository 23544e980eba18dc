import { z } from 'zod'
import { Epoch } from './epoch.ts'

/** Each may also do what those before it may. */
export const roles = ['viewer', 'operator', 'admin'] as const
/** viewer looks at everything, operator also starts, stops and changes work, admin also makes tokens and reads the audit log. */
export const Role = z.enum(roles)
export type Role = z.infer<typeof Role>

/** What an operation asks of its caller; `public` is for everybody. */
export type NeededRole = Role | 'public'

export const roleAllows = (has: Role, needs: NeededRole): boolean => needs === 'public' || roles.indexOf(has) >= roles.indexOf(needs)

/** Who a request is from. */
export const Caller = z.strictObject({
  kind: z.enum(['user', 'token', 'deployment', 'local'])
    .describe('user: signed in at the issuer. token: a program. deployment: the token that the deployment was given. local: this machine, where nobody signs in'),
  id: z.string().regex(/^[\x21-\x7e]{1,200}$/).describe('Unique and lasting: user:<subject>, tok-<12 hex digits>, deployment or local'),
  name: z.string().min(1).max(200).describe('For people'),
  role: Role,
})
export type Caller = z.infer<typeof Caller>

export const ApiTokenId = z.string().regex(/^tok-[0-9a-f]{12}$/).describe('Token id, such as tok-0123456789ab; says nothing of the token')
/** Not looked up by callers as anything else: an id that cannot exist is not found. */
export const ApiTokenParams = z.strictObject({ id: z.string().min(1).max(100).describe('Token id, such as tok-0123456789ab') })

/** POST /tokens */
export const ApiTokenRequest = z.strictObject({
  name: z.string().min(1).max(80).regex(/^[^\u0000-\u001f\u007f-\u009f]+$/, 'visible characters').refine((name) => name.isWellFormed(), 'whole characters').describe('What the token is for'),
  role: Role,
  expires_in_days: z.int().min(1).max(366).default(90),
})
export type ApiTokenRequest = z.infer<typeof ApiTokenRequest>

const tokenFacts = {
  token_id: ApiTokenId,
  name: ApiTokenRequest.shape.name,
  role: Role,
  created_at: Epoch,
  created_by: Caller.shape.id,
  expires_at: Epoch,
  last_used_at: Epoch.optional().describe('To the minute'),
  revoked_at: Epoch.optional(),
}
export const ApiToken = z.strictObject(tokenFacts)
export type ApiToken = z.infer<typeof ApiToken>
export const ApiTokenList = z.strictObject({ tokens: z.array(ApiToken) })
/** The only time that the token itself is told. */
export const CreatedApiToken = z.strictObject({ ...tokenFacts, token: z.string() })
export type CreatedApiToken = z.infer<typeof CreatedApiToken>
/** As it is stored: of the token itself its SHA-256 only. */
export const StoredApiToken = z.strictObject({ ...tokenFacts, sha256: z.string().regex(/^[0-9a-f]{64}$/), version: z.int().positive() })
export type StoredApiToken = z.infer<typeof StoredApiToken>

/** One attempt to change something. */
export const AuditEntry = z.strictObject({
  at: Epoch,
  service: z.enum(['queue-manager', 'dashboard']),
  request_id: z.string().min(1).max(100).describe('That the answer carries as x-request-id, and the log'),
  caller: Caller.nullable().describe('null: not known, since it was refused before'),
  address: z.string().max(100).describe('Where the request came from'),
  action: z.string().max(100).describe('The operation, such as stopWorkflow'),
  target: z.string().max(300).describe('What it was about: an id, a name, or the path'),
  outcome: z.enum(['done', 'refused', 'failed']).describe('refused: by a rule, as the status says. failed: something went wrong inside'),
  status: z.int().min(100).max(599),
})
export type AuditEntry = z.infer<typeof AuditEntry>
export const AuditQuery = z.strictObject({
  caller: Caller.shape.id.optional(),
  action: z.string().min(1).max(100).optional(),
  outcome: AuditEntry.shape.outcome.optional(),
  cursor: z.string().min(1).max(400).optional().describe('next_cursor of the page before'),
  limit: z.coerce.number().int().min(1).max(500).default(100).describe('Entries a page'),
})
export type AuditQuery = z.infer<typeof AuditQuery>
export const AuditPage = z.strictObject({ entries: z.array(AuditEntry).describe('Newest first'), next_cursor: z.string().optional() })
export type AuditPage = z.infer<typeof AuditPage>
