import { StreamForgeError } from '@streamforge/contracts'

const segment = /^[A-Za-z0-9_=+@,()-][A-Za-z0-9._=+@,() -]*$/

/**
 * Relative paths of `/`-separated segments of letters, digits and ._=+@,()- and inner spaces. No segment starts with a dot, so `..`
 * cannot occur, and ends with a space or dot, which some file systems drop. 1 to 900 characters, segments up to 200.
 * @throws StreamForgeError STORE_REJECTED
 */
export function checkObjectName(name: string): void {
  if (typeof name === 'string' && name.length > 0 && name.length <= 900 && name.split('/').every(isSegment)) return
  throw new StreamForgeError('STORE_REJECTED', `'${String(name).slice(0, 80)}' is not an object's name`, {
    remedy: 'give a relative path such as models/gnn/7/weights.bin: segments of letters, digits and ._=+@,()- that do not start with a dot',
  })
}

const isSegment = (text: string) => text.length <= 200 && segment.test(text) && !/[ .]$/.test(text)

export function objectNotFound(name: string): StreamForgeError {
  return new StreamForgeError('OBJECT_NOT_FOUND', `object '${name}' does not exist`, { details: { name } })
}
