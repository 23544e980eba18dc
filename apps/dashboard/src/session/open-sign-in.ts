import { randomBytes } from 'node:crypto'
import { isLoopback, openAccess, openAuditLog, type Access, type AuditLog } from '@streamforge/access'
import { StreamForgeError } from '@streamforge/contracts'
import type { Store } from '@streamforge/store'
import type { Logger } from 'pino'
import type { SignInConfig } from './sign-in-config.ts'
import { cookieNames } from './cookies.ts'
import { issuerSignIn, type IssuerSignIn } from './issuer-sign-in.ts'
import { openSealedDocuments, type SealedDocuments } from './sealed-documents.ts'
import { openSessions, type SessionLimits, type Sessions } from './sessions.ts'
import { visitors, type Visitors } from './visitors.ts'

/** Everything that has to do with who looks at the dashboard. */
export interface SignIn {
  access: Access
  audit: AuditLog
  visitors: Visitors
  sessions: Sessions
  /** Sign-ins that have begun at the issuer. */
  started: SealedDocuments
  /** Absent: people sign in by API tokens, or not at all. */
  issuer: IssuerSignIn | undefined
  cookies: ReturnType<typeof cookieNames>
  /** Whether browsers reach the dashboard by https. */
  secure: boolean
  limits: SessionLimits
}

export interface SignInParts {
  config: SignInConfig
  host: string
  dataDir: string
  store: Store
  log: Logger
  now: () => number
  /** The address under which browsers reach it, without a path; asked when it is needed, for the port may not be known before. */
  siteUrl: () => string
}

const minuteMs = 60_000

/** @throws StreamForgeError BAD_CONFIG when an issuer would not know where to send people back to */
export async function openSignIn({ config, host, dataDir, store, log, now, siteUrl }: SignInParts): Promise<SignIn> {
  if (config.OIDC_ISSUER !== undefined && config.DASHBOARD_URL === undefined && !isLoopback(host)) {
    throw new StreamForgeError('BAD_CONFIG', 'DASHBOARD_URL is missing (OIDC_ISSUER is set)', { remedy: 'set it to the address by which browsers reach the dashboard' })
  }
  const access = await openAccess({ config, host, dataDir, store, now, randomBytes })
  const audit = await openAuditLog({
    store, randomBytes, onEntry: (entry) => log.info({ audit: entry }, 'a change was asked for'),
    onLost: (entry, err) => log.error({ err, audit: entry }, 'an entry of the audit log could not be stored'),
  })
  const secure = config.DASHBOARD_URL?.startsWith('https:') ?? false
  const cookies = cookieNames(secure)
  const limits = { idleMs: config.SESSION_IDLE_MINUTES * minuteMs, longestMs: config.SESSION_HOURS * 60 * minuteMs }
  const issuer = config.OIDC_ISSUER === undefined ? undefined
    : issuerSignIn({ issuer: config.OIDC_ISSUER, clientId: config.OIDC_CLIENT_ID, clientSecret: config.OIDC_CLIENT_SECRET, siteUrl, now })
  const documents = await openSealedDocuments({ store, collection: 'sessions', now, randomBytes })
  const started = await openSealedDocuments({ store, collection: 'started_sign_ins', now, randomBytes })
  const sessions = openSessions({ documents, issuer, limits, now })
  return { access, audit, visitors: visitors({ access, sessions, cookie: cookies.session }), sessions, started, issuer, cookies, secure, limits }
}
