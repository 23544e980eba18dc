import { z } from 'zod'

/** What services that people and programs reach read of their environment; docs/SECURITY.md says what follows from it. */
export const AccessConfig = {
  OIDC_ISSUER: z.url({ protocol: /^https?$/ }).optional().describe("an issuer's address as its tokens name it; absent: nobody signs in"),
  OIDC_AUDIENCE: z.string().min(1).max(200).default('streamforge').describe('what access tokens must name as audience'),
  OIDC_ROLES_CLAIM: z.string().regex(/^[\w.-]{1,100}$/).default('roles').describe('the claim that lists roles; dots lead into it, as in realm_access.roles'),
  OIDC_CLOCK_TOLERANCE_S: z.coerce.number().int().min(0).max(300).default(30).describe("seconds by which the issuer's clock may differ, from 0 to 300"),
  API_TOKEN_SHA256: z.string().regex(/^[0-9a-f]{64}$/).optional().describe("the SHA-256, in 64 hex digits, of a token with all rights that the deployment's owner keeps; `streamforge token new` makes both"),
}

export type AccessSettings = z.infer<z.ZodObject<typeof AccessConfig>>
