import { StreamForgeError } from '@streamforge/contracts'

const nameForm = /^[a-z0-9][a-z0-9-]{0,63}$/
/** Bytes of the headers that an object's metadata may take: S3 allows 2,048, of which the description of the content needs some. */
const LARGEST = 1800
/** Before every name, where the store is S3. */
export const metadataPrefix = 'x-amz-meta-stf-'

/** Metadata travels as HTTP headers where the store is S3; the same limits hold everywhere. @throws StreamForgeError STORE_REJECTED */
export function checkMetadata(metadata: Readonly<Record<string, string>>): void {
  const entries = Object.entries(metadata)
  const wrong = entries.find(([name, value]) => !nameForm.test(name) || !isText(value))
  const size = wrong ? 0 : entries.reduce((sum, [name, value]) => sum + metadataPrefix.length + name.length + encodeValue(value).length, 0)
  if (!wrong && size <= LARGEST) return
  throw new StreamForgeError('STORE_REJECTED', wrong ? `metadata '${wrong[0].slice(0, 80)}' cannot be stored` : `metadata of ${size} bytes as headers is too much`, {
    remedy: `names of a-z, 0-9 and -, values of text without control characters, ${LARGEST} bytes in all as percent-encoded headers`,
  })
}

const isText = (value: unknown) => typeof value === 'string' && value.isWellFormed() && !/\p{Cc}/u.test(value)

/** As a header's value: what is not printable ASCII, and spaces that HTTP or a signature would drop, percent-encoded; the rest as it is. */
export const encodeValue = (value: string) => value.replace(/%|[^\x20-\x7e]+|^ +| +$| {2,}/gu, (part) => encodeURIComponent(part))

/** The inverse; a value that somebody else wrote and that does not decode is given as it is. */
export function decodeValue(header: string): string {
  try {
    return decodeURIComponent(header)
  } catch {
    return header
  }
}
