import { StreamForgeError } from '@streamforge/contracts'

/** Says of a command that could not be published why: the topic is made by the service that hears it, when that starts. */
export function unlessNeverRun(service: string) {
  return (cause: unknown): never => {
    if (!(cause instanceof StreamForgeError) || cause.code !== 'TOPIC_NOT_FOUND') throw cause
    throw new StreamForgeError('UNAVAILABLE', `${service} has never run here: nobody would hear the command`, { cause, remedy: `start ${service}` })
  }
}
