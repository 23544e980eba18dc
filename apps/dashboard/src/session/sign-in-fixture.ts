import type { Store } from '@streamforge/store'
import { pino } from 'pino'
import { z } from 'zod'
import { openSignIn, type SignIn, type SignInParts } from './open-sign-in.ts'
import { SignInConfig } from './sign-in-config.ts'

/** Who looks on, as the dashboard opens it; nobody signs in unless the environment says so. For tests. */
export function openTestSignIn({ store, dataDir, env = {}, ...parts }: { store: Store; dataDir: string; env?: Record<string, string> } & Partial<SignInParts>): Promise<SignIn> {
  return openSignIn({ config: z.object(SignInConfig).parse(env), host: '127.0.0.1', store, dataDir, log: pino({ level: 'silent' }), now: Date.now, siteUrl: () => 'http://127.0.0.1:8081', ...parts })
}
