import { StreamForgeError } from '@streamforge/contracts'
import { z } from 'zod'

const Metadata = z.object({ issuer: z.string(), jwks_uri: z.url({ protocol: /^https?$/ }) })

/**
 * Where an issuer keeps its keys, as its discovery document says.
 * @throws StreamForgeError UNAVAILABLE when it does not answer, BAD_CONFIG when it speaks for another issuer or names a place that is less safe
 */
export async function discoverIssuer(issuer: string, fetchFunction: typeof fetch): Promise<{ jwksUri: URL }> {
  const url = `${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`
  const document = await fetchFunction(url, { redirect: 'error', signal: AbortSignal.timeout(10_000), headers: { accept: 'application/json' } })
    .then(async (response) => (response.ok ? response.json() as unknown : Promise.reject(new Error(`status ${response.status}`))))
    .catch((cause: unknown) => {
      throw new StreamForgeError('UNAVAILABLE', 'the issuer of sign-ins does not answer', { cause, remedy: 'try again in a moment; the log says where it was looked for' })
    })
  const metadata = Metadata.safeParse(document)
  if (!metadata.success || metadata.data.issuer !== issuer) {
    throw new StreamForgeError('BAD_CONFIG', `what is at ${url} does not speak for the issuer ${issuer}`, { remedy: 'set OIDC_ISSUER to exactly what the document there calls issuer' })
  }
  const jwksUri = new URL(metadata.data.jwks_uri)
  if (issuer.startsWith('https:') && jwksUri.protocol !== 'https:') throw new StreamForgeError('BAD_CONFIG', `the keys of ${issuer} are not served by https`)
  return { jwksUri }
}
