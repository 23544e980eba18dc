import { AccessConfig } from '@streamforge/access'
import { z } from 'zod'

/** What the dashboard reads of its environment about sign-ins; docs/SECURITY.md tells them all. */
export const SignInConfig = {
  ...AccessConfig,
  OIDC_CLIENT_ID: z.string().min(1).max(200).default('streamforge-dashboard').describe('the name under which the issuer knows the dashboard'),
  OIDC_CLIENT_SECRET: z.string().min(1).optional().describe("the dashboard's secret at the issuer; absent: a public client"),
  DASHBOARD_URL: z.url({ protocol: /^https?$/ }).transform((url) => new URL(url).origin).optional().describe('the address by which browsers reach the dashboard, such as https://streamforge.example; needed with OIDC_ISSUER unless that is this machine'),
  SESSION_IDLE_MINUTES: z.coerce.number().int().min(1).max(1_440).default(30).describe('minutes without a request after which a session ends, from 1'),
  SESSION_HOURS: z.coerce.number().int().min(1).max(168).default(10).describe('hours after which a session ends, from 1'),
}
export type SignInConfig = z.infer<z.ZodObject<typeof SignInConfig>>
