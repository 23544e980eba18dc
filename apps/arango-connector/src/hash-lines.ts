import { createHash } from 'node:crypto'

/** Lines go into the hash a batch at a time: one call of the hash costs more than a line. */
export function hashLines() {
  const hash = createHash('sha256')
  let text = ''
  return {
    add: (line: string) => void (text += `${line}\n`),
    flush: () => {
      hash.update(text)
      text = ''
    },
    checksum: () => `sha256:${hash.digest('hex')}`,
  }
}
