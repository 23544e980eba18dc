/** Kafka's variable-length integers: zigzag, then seven bits a byte, the lowest first. Safe integers only. */
const zigzag = (value: number) => (value >= 0 ? value * 2 : value * -2 - 1)

export function sizeOfVarint(value: number): number {
  let rest = zigzag(value)
  let size = 1
  while (rest >= 128) {
    rest = Math.floor(rest / 128)
    size++
  }
  return size
}

/** Writes at `at`; returns the position after it. */
export function writeVarint(buffer: Uint8Array, value: number, at: number): number {
  let rest = zigzag(value)
  while (rest >= 128) {
    buffer[at++] = (rest % 128) | 128
    rest = Math.floor(rest / 128)
  }
  buffer[at++] = rest
  return at
}
