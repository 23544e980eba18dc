/** How clients are let in; absent: everybody who reaches the port, unencrypted. */
export interface ListenerSecurity {
  /** Of the user `admin`, who may do everything; the broker is this user to itself. */
  adminPassword: string
  /** PEM files; absent: SCRAM without encryption. */
  tls?: { keyStore: string; caFile: string }
}

export interface BrokerLayout {
  host: string
  port: number
  controllerPort: number
  /** What clients are told instead of `port`. */
  advertisedPort?: number
  directory: string
  security?: ListenerSecurity
}

/** server.properties of a one-node broker in KRaft mode. Its controller listens on the loopback interface. */
export function kafkaProperties({ host, port, controllerPort, advertisedPort, directory, security }: BrokerLayout): string {
  return [
    'process.roles=broker,controller',
    'node.id=1',
    `controller.quorum.voters=1@127.0.0.1:${controllerPort}`,
    `listeners=CLIENTS://${host}:${port},CONTROLLER://127.0.0.1:${controllerPort}`,
    `advertised.listeners=CLIENTS://${host}:${advertisedPort ?? port}`,
    'inter.broker.listener.name=CLIENTS',
    'controller.listener.names=CONTROLLER',
    `listener.security.protocol.map=CLIENTS:${protocolOf(security)},CONTROLLER:PLAINTEXT`,
    ...(security ? secured(security) : []),
    `log.dirs=${directory}/data`,
    'auto.create.topics.enable=false',
    'num.partitions=1',
    'min.insync.replicas=1',
    'default.replication.factor=1',
    ...['offsets.topic', 'transaction.state.log', 'share.coordinator.state.topic'].flatMap((topic) => [
      `${topic}.replication.factor=1`, `${topic}.num.partitions=4`,
    ]),
    'transaction.state.log.min.isr=1',
    'share.coordinator.state.topic.min.isr=1',
    // Nothing to wait for on one node; and a killed broker is back in 4 s instead of 12.
    'group.initial.rebalance.delay.ms=0',
    'broker.session.timeout.ms=2000',
    'broker.heartbeat.interval.ms=500',
    'log.cleaner.dedupe.buffer.size=16777216',
    '',
  ].join('\n')
}

function protocolOf(security?: ListenerSecurity): string {
  if (!security) return 'PLAINTEXT'
  return security.tls ? 'SASL_SSL' : 'SASL_PLAINTEXT'
}

function secured({ adminPassword, tls }: ListenerSecurity): string[] {
  const jaas = `org.apache.kafka.common.security.scram.ScramLoginModule required username="admin" password="${adminPassword}";`
  return [
    'sasl.enabled.mechanisms=SCRAM-SHA-512',
    'sasl.mechanism.inter.broker.protocol=SCRAM-SHA-512',
    `listener.name.clients.scram-sha-512.sasl.jaas.config=${jaas}`,
    'authorizer.class.name=org.apache.kafka.metadata.authorizer.StandardAuthorizer',
    // Nobody is anonymous but the broker itself at its controller's port, which only this machine reaches.
    'super.users=User:admin;User:ANONYMOUS',
    'allow.everyone.if.no.acl.found=false',
    ...(tls ? [
      'ssl.keystore.type=PEM', `ssl.keystore.location=${tls.keyStore}`,
      'ssl.truststore.type=PEM', `ssl.truststore.location=${tls.caFile}`,
    ] : []),
  ]
}

/** Log4j configuration: warnings and the line that says the broker is ready, to standard output. */
export const kafkaLogging = `<?xml version="1.0" encoding="UTF-8"?>
<Configuration status="ERROR">
  <Appenders><Console name="out"><PatternLayout pattern="%d{ISO8601} %p %c{1} %m%n"/></Console></Appenders>
  <Loggers>
    <Logger name="kafka.server.KafkaRaftServer" level="info"/>
    <Root level="warn"><AppenderRef ref="out"/></Root>
  </Loggers>
</Configuration>
`
