export { kafkaAvailable, kafkaVersion } from './kafka-jars.ts'
export { startKafka, kafkaTool, type KafkaServer, type KafkaOptions } from './kafka.ts'
export { whyNotRunnable, type RunResult } from './run-to-end.ts'
export { freePort } from './free-port.ts'
