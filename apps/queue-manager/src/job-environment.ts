import { join } from 'node:path'
import { heartbeatsOfSilence } from './queue/silence.ts'

/** Ours alone: a job that took them over would listen on our ports. */
const own = new Set(['PORT', 'HOST', 'HEALTH_PORT'])

/**
 * The environment of a job on this machine: our own, so that it finds the same bus, store, venues and caches. With Node's compile
 * cache a worker starts in half the processor time, which counts when a workflow has hundreds of them. It sends three heartbeats within the time of
 * silence after which it is replaced.
 */
export function jobEnvironment(env: Readonly<Record<string, string | undefined>>, dataDir: string): Record<string, string> {
  const passed = Object.entries(env).filter((e): e is [string, string] => e[1] !== undefined && !own.has(e[0]))
  const heartbeat: Record<string, string> = env.SILENCE_MS === undefined ? {} : { HEARTBEAT_MS: String(Math.max(100, Math.floor(Number(env.SILENCE_MS) / heartbeatsOfSilence))) }
  return { NODE_COMPILE_CACHE: join(dataDir, 'cache', 'compile'), ...heartbeat, ...Object.fromEntries(passed), DATA_DIR: dataDir, HEALTH_PORT: '0' }
}
