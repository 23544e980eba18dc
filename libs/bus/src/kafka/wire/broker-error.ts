/** Kafka's error codes that our own requests can bring back: name, and whether the same request may succeed later. */
const table: Readonly<Record<number, readonly [type: string, retriable: boolean]>> = {
  [-1]: ['UNKNOWN', true],
  2: ['CORRUPT_MESSAGE', true],
  3: ['UNKNOWN_TOPIC_OR_PARTITION', true],
  5: ['LEADER_NOT_AVAILABLE', true],
  6: ['NOT_LEADER_FOR_PARTITION', true],
  7: ['REQUEST_TIMED_OUT', true],
  9: ['REPLICA_NOT_AVAILABLE', true],
  10: ['MESSAGE_TOO_LARGE', false],
  13: ['NETWORK_EXCEPTION', true],
  17: ['INVALID_TOPIC_EXCEPTION', false],
  18: ['RECORD_LIST_TOO_LARGE', false],
  19: ['NOT_ENOUGH_REPLICAS', true],
  20: ['NOT_ENOUGH_REPLICAS_AFTER_APPEND', true],
  29: ['TOPIC_AUTHORIZATION_FAILED', false],
  31: ['CLUSTER_AUTHORIZATION_FAILED', false],
  32: ['INVALID_TIMESTAMP', false],
  33: ['UNSUPPORTED_SASL_MECHANISM', false],
  41: ['NOT_CONTROLLER', true],
  43: ['UNSUPPORTED_FOR_MESSAGE_FORMAT', false],
  44: ['POLICY_VIOLATION', false],
  45: ['OUT_OF_ORDER_SEQUENCE_NUMBER', false],
  46: ['DUPLICATE_SEQUENCE_NUMBER', false],
  47: ['INVALID_PRODUCER_EPOCH', false],
  49: ['INVALID_PRODUCER_ID_MAPPING', false],
  56: ['KAFKA_STORAGE_ERROR', true],
  58: ['SASL_AUTHENTICATION_FAILED', false],
  59: ['UNKNOWN_PRODUCER_ID', false],
  74: ['FENCED_LEADER_EPOCH', true],
  75: ['UNKNOWN_LEADER_EPOCH', true],
  87: ['INVALID_RECORD', false],
  89: ['THROTTLING_QUOTA_EXCEEDED', true],
  91: ['RESOURCE_NOT_FOUND', false],
  92: ['DUPLICATE_RESOURCE', false],
  93: ['UNACCEPTABLE_CREDENTIAL', false],
}

/** A broker refused one partition's batch, or one user's change. It has the fields of kafkajs's protocol errors, so that both are judged alike. */
export class BrokerError extends Error {
  override readonly name = 'BrokerError'
  readonly type: string
  readonly retriable: boolean

  constructor(code: number) {
    const [type, retriable] = table[code] ?? [`ERROR_${code}`, false]
    super(`the broker answered ${type}`)
    this.type = type
    this.retriable = retriable
  }
}
