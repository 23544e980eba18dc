import { StreamForgeError } from '@streamforge/contracts'
import { busConfig, type Environment } from '@streamforge/service'

/**
 * The environment in which a shadow runs: on a Kafka where each service has a user of its own, the user `canary`, which may change nothing that is
 * not a shadow's, and no way to another's password. Where one user does everything, that one.
 * @throws StreamForgeError BAD_CONFIG where the folder of passwords has none for it, or the environment's user is a person's
 */
export function shadowEnvironment(env: Environment, config: Parameters<typeof busConfig>[0]): Environment {
  if (config.BUS !== 'kafka') return env
  if (config.KAFKA_SASL_USERNAME === 'cli') {
    throw new StreamForgeError('BAD_CONFIG', "the Kafka user 'cli' is for people: no worker can run as it", {
      remedy: "set KAFKA_SASL_PASSWORD_DIR instead, to a folder with the passwords of 'cli' and 'canary'",
    })
  }
  if (config.KAFKA_SASL_USERNAME !== undefined || config.KAFKA_SASL_PASSWORD_DIR === undefined) return env
  const bus = busConfig(config, 'canary')
  if (bus.kind !== 'kafka' || !bus.sasl) return env
  const { KAFKA_SASL_PASSWORD_DIR: _, ...others } = env
  return { ...others, KAFKA_SASL_USERNAME: bus.sasl.username, KAFKA_SASL_PASSWORD: bus.sasl.password }
}
