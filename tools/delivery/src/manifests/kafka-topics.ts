import { catalog, deadLetterTopic } from '@streamforge/contracts'
import { stringify } from 'yaml'

interface Topic {
  name: string
  partitions: number
  retentionMs: number | undefined
}

/** Topics that are always there; those of a queue come and go with it, and queue-manager makes them. */
export function lastingTopics(): Topic[] {
  const named = Object.values(catalog).filter(({ topic }) => !topic.includes('{')).map(({ topic, partitions, retentionMs }) => ({ name: topic, partitions, retentionMs }))
  return [...named, deadLetterTopic].sort((a, b) => (a.name < b.name ? -1 : 1))
}

/** One KafkaTopic each for the Strimzi operator. */
export function kafkaTopics(): string {
  const documents = lastingTopics().map(({ name, partitions, retentionMs }) => stringify({
    apiVersion: 'kafka.strimzi.io/v1beta2', kind: 'KafkaTopic',
    metadata: { name, namespace: 'streamforge-dependencies', labels: { 'strimzi.io/cluster': 'streamforge', 'app.kubernetes.io/part-of': 'streamforge' } },
    spec: { partitions, replicas: 3, config: { 'retention.ms': retentionMs ?? -1, 'min.insync.replicas': 2 } },
  }, { lineWidth: 0 }))
  return documents.map((document) => `---\n${document}`).join('')
}
