import { StreamForgeError, type ErrorCode } from '@streamforge/contracts'
import { isCertificateCode } from './tls.ts'

/** What kafkajs and its retriers put on their errors; they nest the first cause several levels deep. */
interface KafkaJsError {
  name?: string
  type?: string
  code?: unknown
  retriable?: boolean
  cause?: unknown
  errors?: unknown
}

function* causes(error: unknown): Generator<KafkaJsError> {
  for (let at = error, depth = 0; at !== null && typeof at === 'object' && depth < 8; depth++) {
    yield at as KafkaJsError
    const { cause, errors } = at as KafkaJsError
    at = Array.isArray(errors) ? errors[0] : cause
  }
}

/** Kafka's name of a broker's answer, such as NOT_LEADER_FOR_PARTITION. */
export function kafkaErrorType(error: unknown): string | undefined {
  for (const cause of causes(error)) if (cause.type !== undefined) return cause.type
  return undefined
}

const transientNames = new Set([
  'KafkaJSConnectionError', 'KafkaJSConnectionClosedError', 'KafkaJSRequestTimeoutError', 'KafkaJSBrokerNotFound', 'KafkaJSLockTimeout',
  'KafkaJSMetadataNotLoaded', 'KafkaJSTopicMetadataNotLoaded', 'KafkaJSNoBrokerAvailableError', 'KafkaJSGroupCoordinatorNotFound',
])
const transientTypes = new Set(['BROKER_NOT_AVAILABLE', 'UNKNOWN', 'REBALANCE_IN_PROGRESS', 'CONCURRENT_TRANSACTIONS'])

/** Whether the same request may succeed a little later, or at another broker. */
export function isTransient(error: unknown): boolean {
  if (error instanceof StreamForgeError) return error.retryable && error.code !== 'BUS_CLOSED'
  if (isBadCertificate(error)) return false
  const type = kafkaErrorType(error)
  for (const cause of causes(error)) {
    if (cause.name !== undefined && transientNames.has(cause.name)) return true
    if (type !== undefined && cause.type === type) return cause.retriable === true || transientTypes.has(type)
  }
  return false
}

const isBadCertificate = (error: unknown) => [...causes(error)].some(({ code }) => isCertificateCode(code))

const deniedTypes = new Set([
  'TOPIC_AUTHORIZATION_FAILED', 'GROUP_AUTHORIZATION_FAILED', 'CLUSTER_AUTHORIZATION_FAILED', 'SASL_AUTHENTICATION_FAILED',
  'UNSUPPORTED_SASL_MECHANISM',
])

const noTopic = ['TOPIC_NOT_FOUND', 'create the topic first, or check its name'] as const
const tooLarge = ['MESSAGE_TOO_LARGE', "raise the topic's max.message.bytes or send less"] as const
const hasMembers = ['CONFLICT', 'stop the members of the group first'] as const
const coded = new Map<string, readonly [ErrorCode, string]>([
  ['UNKNOWN_TOPIC_OR_PARTITION', noTopic], ['INVALID_TOPIC_EXCEPTION', noTopic],
  ['MESSAGE_TOO_LARGE', tooLarge], ['RECORD_LIST_TOO_LARGE', tooLarge],
  ['UNKNOWN_MEMBER_ID', hasMembers], ['ILLEGAL_GENERATION', hasMembers], ['NON_EMPTY_GROUP', hasMembers],
  ['OFFSET_OUT_OF_RANGE', ['OFFSET_OUT_OF_RANGE', 'seek the group to an offset that is still held']],
])

/** Whether the broker knows the user and does not let it do this. */
export function isDenied(error: unknown): boolean {
  const type = kafkaErrorType(error)
  return type !== undefined && deniedTypes.has(type)
}

/** The coded error for whatever a Kafka request failed with. `doing` says what was tried, such as "publish to 'orders'". */
export function toBusError(error: unknown, doing: string): StreamForgeError {
  if (error instanceof StreamForgeError) return error
  const type = kafkaErrorType(error)
  const reason = error instanceof Error ? error.message : String(error)
  const message = `Kafka could not ${doing}: ${reason}`
  const denied = isDenied(error) || [...causes(error)].some((c) => c.name === 'KafkaJSSASLAuthenticationError')
  if (denied) return new StreamForgeError('BAD_CONFIG', message, { cause: error, remedy: 'check the SASL settings and the ACLs of this user' })
  if (isBadCertificate(error)) return new StreamForgeError('BAD_CONFIG', message, { cause: error, remedy: "KAFKA_TLS_CA_FILE names the authority of the broker's certificate, and KAFKA_BROKERS the names in it" })
  const [code, remedy] = coded.get(type ?? '') ?? ['BUS_UNAVAILABLE', 'see whether the broker runs, KAFKA_BROKERS is right, and KAFKA_TLS and KAFKA_SASL_USERNAME are as it wants them'] as const
  return new StreamForgeError(code, message, { cause: error, remedy })
}

export const topicNotFound = (topic: string, cause?: unknown) =>
  new StreamForgeError('TOPIC_NOT_FOUND', `topic '${topic}' does not exist`, { cause, details: { topic }, remedy: 'create it first, or check its name' })

export const busClosed = () =>
  new StreamForgeError('BUS_CLOSED', 'the bus has been closed', { remedy: 'open a new one' })
