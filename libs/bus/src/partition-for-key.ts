/**
 * Murmur2 with Kafka's seed, as a signed 32-bit integer. Kafka's Java client and kafkajs place keys by it, so a key goes to the
 * same partition whichever adapter or foreign client published it.
 */
export function murmur2(data: Uint8Array): number {
  const m = 0x5bd1e995
  const length = data.length
  let h = 0x9747b28c ^ length
  const aligned = length & ~3
  for (let i = 0; i < aligned; i += 4) {
    let k = data[i]! | (data[i + 1]! << 8) | (data[i + 2]! << 16) | (data[i + 3]! << 24)
    k = Math.imul(k, m)
    k ^= k >>> 24
    h = Math.imul(h, m) ^ Math.imul(k, m)
  }
  const rest = length - aligned
  if (rest === 3) h ^= data[aligned + 2]! << 16
  if (rest >= 2) h ^= data[aligned + 1]! << 8
  if (rest >= 1) h = Math.imul(h ^ data[aligned]!, m)
  h ^= h >>> 13
  h = Math.imul(h, m)
  return h ^ (h >>> 15)
}

/** The partition of a key among `partitions`, as Kafka's default partitioner chooses it. */
export function partitionForKey(key: string | Uint8Array, partitions: number): number {
  const bytes = typeof key === 'string' ? Buffer.from(key, 'utf8') : key
  return (murmur2(bytes) & 0x7fffffff) % partitions
}
