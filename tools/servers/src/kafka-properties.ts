/** server.properties of a one-node broker for tests and benchmarks, in KRaft mode, on the loopback interface. */
export function kafkaProperties(options: { port: number; controllerPort: number; directory: string }): string {
  const { port, controllerPort, directory } = options
  return [
    'process.roles=broker,controller',
    'node.id=1',
    `controller.quorum.voters=1@127.0.0.1:${controllerPort}`,
    `listeners=PLAINTEXT://127.0.0.1:${port},CONTROLLER://127.0.0.1:${controllerPort}`,
    `advertised.listeners=PLAINTEXT://127.0.0.1:${port}`,
    'controller.listener.names=CONTROLLER',
    'listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT',
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
