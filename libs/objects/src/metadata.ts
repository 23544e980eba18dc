import { StreamForgeError } from '@streamforge/contracts'

const nameForm = /^[a-z0-9][a-z0-9-]{0,63}$/
const valueForm = /^[\x20-\x7e]*$/
const LARGEST = 2000

/** Metadata travels as HTTP headers where the store is S3; the same limits hold everywhere. @throws StreamForgeError STORE_REJECTED */
export function checkMetadata(metadata: Readonly<Record<string, string>>): void {
  const entries = Object.entries(metadata)
  const wrong = entries.find(([name, value]) => !nameForm.test(name) || typeof value !== 'string' || !valueForm.test(value))
  const size = entries.reduce((sum, [name, value]) => sum + name.length + String(value).length, 0)
  if (!wrong && size <= LARGEST) return
  throw new StreamForgeError('STORE_REJECTED', wrong ? `metadata '${wrong[0].slice(0, 80)}' cannot be stored` : `metadata of ${size} characters is too much`, {
    remedy: `names of a-z, 0-9 and -, values of printable ASCII, ${LARGEST} characters in all`,
  })
}
