import { StreamForgeError } from '@streamforge/contracts'

/** @throws StreamForgeError STORE_REJECTED unless both are whole numbers and the document's version is the higher one */
export function checkVersions(document: { _key: string; version: number }, expected: number): void {
  const { version } = document
  if (Number.isSafeInteger(expected) && expected >= 0 && Number.isSafeInteger(version) && version > expected) return
  throw new StreamForgeError('STORE_REJECTED', `compareAndSet of '${document._key}' with version ${version}, expecting ${expected}`, {
    remedy: 'give whole numbers, the new version higher than the expected one, which is 0 for a new document',
  })
}
