import { readFile } from 'node:fs/promises'
import { StreamForgeError } from '@streamforge/contracts'

/** Names of what is wrong with a broker's certificate, by OpenSSL and Node; time heals none of them. */
const certificateCodes = new Set([
  'SELF_SIGNED_CERT_IN_CHAIN', 'DEPTH_ZERO_SELF_SIGNED_CERT', 'UNABLE_TO_VERIFY_LEAF_SIGNATURE', 'UNABLE_TO_GET_ISSUER_CERT', 'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'CERT_HAS_EXPIRED', 'CERT_NOT_YET_VALID', 'CERT_SIGNATURE_FAILURE', 'CERT_UNTRUSTED', 'CERT_REJECTED', 'HOSTNAME_MISMATCH', 'ERR_TLS_CERT_ALTNAME_INVALID',
])
export const isCertificateCode = (code: unknown) => typeof code === 'string' && certificateCodes.has(code)

/** What Node's TLS takes: the authorities in the file, or those that Node trusts. @throws StreamForgeError BAD_CONFIG */
export async function tlsOptions(tls: { caFile?: string } | undefined): Promise<{ ca: string[] } | true | undefined> {
  if (tls?.caFile === undefined) return tls && true
  const text = await readFile(tls.caFile, 'utf8').catch((cause: unknown) => {
    throw new StreamForgeError('BAD_CONFIG', `the file of certificate authorities cannot be read: ${(cause as Error).message}`, { remedy: 'KAFKA_TLS_CA_FILE names a file in PEM' })
  })
  if (!text.includes('-----BEGIN CERTIFICATE-----')) {
    throw new StreamForgeError('BAD_CONFIG', 'the file of certificate authorities has no certificate', { remedy: 'KAFKA_TLS_CA_FILE names a file in PEM' })
  }
  return { ca: [text] }
}
