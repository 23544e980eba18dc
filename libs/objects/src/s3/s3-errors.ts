import { StreamForgeError } from '@streamforge/contracts'

const denied = new Set([
  'AccessDenied', 'InvalidAccessKeyId', 'SignatureDoesNotMatch', 'InvalidToken', 'ExpiredToken', 'AccountProblem', 'AuthorizationHeaderMalformed', 'RequestTimeTooSkewed',
])
const missing = new Set(['NoSuchKey', 'NotFound'])
const refused = new Set([
  'EntityTooLarge', 'EntityTooSmall', 'KeyTooLongError', 'MetadataTooLarge', 'InvalidArgument', 'InvalidRequest', 'InvalidBucketName', 'InvalidObjectName',
  'XMinioInvalidObjectName', 'XMinioParentIsObject', 'XMinioObjectExistsAsDirectory', 'MethodNotAllowed', 'NotImplemented',
])
/** Time does not heal these, though another attempt of the whole may succeed. */
const final = new Set(['NoSuchBucket', 'NoSuchUpload', 'InvalidPart', 'InvalidPartOrder', 'XMinioStorageFull', 'XMinioAdminBucketQuotaExceeded', 'QuotaExceeded', 'MovedPermanently'])

/** S3's code of an answer, such as NoSuchKey; undefined where none came. */
export function s3Code(error: unknown): string | undefined {
  const code = error instanceof Error && error.name === 'S3Error' && 'code' in error ? error.code : undefined
  return typeof code === 'string' && code !== '' ? code : undefined
}

/** An answer, or what became of it, that says there is no such object. */
export const isMissing = (error: unknown) => missing.has(s3Code(error) ?? '') || (error instanceof StreamForgeError && error.code === 'OBJECT_NOT_FOUND')

/** Whether the same request may succeed a little later: no answer came, or one that says so. */
export function isTransient(error: unknown): boolean {
  if (error instanceof StreamForgeError) return false
  const code = s3Code(error)
  return code === undefined || ![denied, missing, refused, final].some((codes) => codes.has(code))
}

/** The coded error for whatever a request failed with. `doing` says what was tried, such as "put 'models/7'". Keys and signatures are in none of its parts. */
export function toObjectError(error: unknown, doing: string): StreamForgeError {
  if (error instanceof StreamForgeError) return error
  const code = s3Code(error)
  const message = `the object store could not ${doing}: ${reason(error)}`
  if (code === 'RequestTimeTooSkewed') return new StreamForgeError('BAD_CONFIG', message, { remedy: "set this machine's clock" })
  if (code !== undefined && denied.has(code)) {
    return new StreamForgeError('BAD_CONFIG', message, { remedy: 'check S3_ACCESS_KEY, S3_SECRET_KEY, S3_REGION and what the key may do' })
  }
  if (code !== undefined && refused.has(code)) return new StreamForgeError('STORE_REJECTED', message)
  if (isMissing(error)) return new StreamForgeError('OBJECT_NOT_FOUND', message)
  const remedy = code === 'NoSuchBucket' ? 'S3_BUCKET was removed: restart the service, which makes it' : 'check S3_ENDPOINT and whether the server runs and has space'
  return new StreamForgeError('STORE_UNAVAILABLE', message, { remedy })
}

/** Neither the error itself nor its cause is kept: the client's errors carry requests. */
function reason(error: unknown): string {
  if (!(error instanceof Error)) return 'the server gave no reason'
  const code = s3Code(error) ?? ('code' in error && typeof error.code === 'string' ? error.code : undefined)
  return [code, error.message.slice(0, 300)].filter((part) => part !== undefined && part !== '').join(': ')
}
