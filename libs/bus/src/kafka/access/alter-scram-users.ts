import type { KafkaBroker } from '../cluster.ts'
import { BrokerError } from '../wire/broker-error.ts'
import type { ScramCredential } from './scram-credential.ts'

/** AlterUserScramCredentials, version 0: brokers since Kafka 2.7. kafkajs does not have it. */
const apiKey = 51
const apiVersion = 0
const scramSha512 = 2
const noTags = Buffer.of(0)

export interface ScramChanges {
  set: readonly { user: string; credential: ScramCredential }[]
  remove: readonly string[]
}

/** Sets and removes users' passwords. @throws BrokerError of the first user that the broker refuses */
export async function alterScramUsers(broker: KafkaBroker, changes: ScramChanges): Promise<void> {
  const bytes = encodeChanges(changes)
  const request = { apiKey, apiVersion, apiName: 'AlterUserScramCredentials', encode: async () => ({ buf: bytes, buffer: bytes, size: () => bytes.length }) }
  const response = { decode: async (payload: Buffer) => decodeResults(payload), parse: async (results: ScramResult[]) => results }
  const results = await broker.connectionPool.send({ request, response })
  const failed = results.find(({ code }) => code !== 0)
  if (failed) throw new BrokerError(failed.code)
}

/** kafkajs writes the header of older requests; that of this one is the same with a byte of no tags behind it, which is the first here. */
export function encodeChanges({ set, remove }: ScramChanges): Buffer {
  const deletions = remove.map((user) => Buffer.concat([compactBytes(Buffer.from(user)), Buffer.of(scramSha512), noTags]))
  const upsertions = set.map(({ user, credential: { iterations, salt, saltedPassword } }) => {
    const count = Buffer.alloc(4)
    count.writeInt32BE(iterations)
    return Buffer.concat([compactBytes(Buffer.from(user)), Buffer.of(scramSha512), count, compactBytes(salt), compactBytes(saltedPassword), noTags])
  })
  return Buffer.concat([noTags, compactArray(deletions), compactArray(upsertions), noTags])
}

interface ScramResult {
  user: string
  code: number
}

/** Behind the same byte of its own header: throttle time, then user, error and message of each. */
export function decodeResults(payload: Buffer): ScramResult[] {
  let at = 1 + 4
  const length = () => {
    let value = 0
    for (let shift = 0; ; shift += 7) {
      const byte = payload.readUInt8(at++)
      value |= (byte & 0x7f) << shift
      if (byte < 0x80) return value - 1
    }
  }
  return Array.from({ length: length() }, () => {
    const bytes = length()
    const user = payload.toString('utf8', at, at += bytes)
    const code = payload.readInt16BE(at)
    at += 2
    const messageBytes = length()
    // And no tags.
    at += Math.max(0, messageBytes) + 1
    return { user, code }
  })
}

const compactBytes = (bytes: Buffer) => Buffer.concat([unsigned(bytes.length + 1), bytes])
const compactArray = (items: readonly Buffer[]) => Buffer.concat([unsigned(items.length + 1), ...items])

function unsigned(value: number): Buffer {
  const bytes: number[] = []
  for (; value > 0x7f; value >>>= 7) bytes.push((value & 0x7f) | 0x80)
  return Buffer.from([...bytes, value])
}
