import { busAccess, type BusOperation, type BusRule } from '@streamforge/contracts'
import { stringify } from 'yaml'

/** Where the manifests are, from the repository's root. */
export const manifestPath = 'k8s/dependencies/kafka/users.yaml'

const operations: Readonly<Record<BusOperation, string>> = {
  read: 'Read', write: 'Write', create: 'Create', delete: 'Delete', describe: 'Describe', describe_configs: 'DescribeConfigs',
}

/**
 * One KafkaUser a service for the Strimzi operator, with the password that the service itself reads: of the Secret `kafka-<service>`, which the operator of the
 * platform makes (tools/bootstrap-cluster.sh).
 * The cluster has listeners with `authentication: {type: scram-sha-512}` and `authorization: {type: simple}`.
 */
export function strimziUsers(): string {
  const users = Object.entries(busAccess()).map(([user, rules]) => stringify({
    apiVersion: 'kafka.strimzi.io/v1beta2',
    kind: 'KafkaUser',
    metadata: { name: user, namespace: 'stf', labels: { 'strimzi.io/cluster': 'streamforge', 'app.kubernetes.io/part-of': 'streamforge' } },
    spec: { authentication: { type: 'scram-sha-512', password: passwordOf(user) }, authorization: { type: 'simple', acls: rules.map(aclOf) } },
  }, { lineWidth: 0 }))
  return `# Made from libs/contracts by \`npm run kafka:acls -- manifests\`; do not edit.\n${users.map((user) => `---\n${user}`).join('')}`
}

const passwordOf = (user: string) => ({ valueFrom: { secretKeyRef: { name: `kafka-${user}`, key: 'KAFKA_SASL_PASSWORD' } } })

const aclOf = ({ resource, name, pattern, operations: given }: BusRule) => ({
  resource: { type: resource, name, patternType: pattern }, operations: given.map((operation) => operations[operation]), host: '*',
})
