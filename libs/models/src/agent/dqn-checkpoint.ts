import { createHash } from 'node:crypto'
import { StreamForgeError } from '@streamforge/contracts'
import type { Dqn } from './dqn.ts'

/** What a training keeps beside the agent itself. */
export interface DqnRecord<Report> {
  history: Report[]
  /** Parameters that did best when they were judged. */
  best: { score: number; steps: number; values: Float32Array } | undefined
}

interface Header<Report> {
  format: 'streamforge-dqn-checkpoint-1'
  fingerprint: string
  steps: number
  updates: number
  episodes: number
  random: number
  tally: Dqn['tally']
  buffer: { size: number; next: number }
  history: Report[]
  best: { score: number; steps: number } | null
  /** Of the bytes that follow. */
  sha256: string
}

const format = 'streamforge-dqn-checkpoint-1'
export const sha256 = (...parts: (string | Uint8Array)[]) => parts.reduce((hash, part) => hash.update(part), createHash('sha256')).digest('hex')
const bytesOf = (values: Float32Array) => new Uint8Array(values.buffer, values.byteOffset, values.byteLength)

/**
 * The whole agent between two episodes: a line of JSON, then little-endian float32 (network, target, Adam's means and squares, the best parameters if there
 * are any, states, next states and rewards that are remembered) and a byte each for actions and ends. The environment begins a new episode anyway, so
 * nothing of it is kept.
 * @throws StreamForgeError INTERNAL in the middle of an episode
 */
export function writeDqnCheckpoint<Report>(dqn: Dqn, { history, best }: DqnRecord<Report>, fingerprint: string): Uint8Array {
  if (dqn.state) throw new StreamForgeError('INTERNAL', 'a checkpoint of an agent is taken between two episodes')
  const { memory, buffer, steps, updates, episodes, random, tally } = dqn
  const kept = buffer.size * buffer.stateSize
  const numbers = [memory.online, memory.target, memory.mean, memory.square, ...(best ? [best.values] : []), buffer.states.subarray(0, kept), buffer.nextStates.subarray(0, kept), buffer.rewards.subarray(0, buffer.size)]
  const body = Buffer.concat([...numbers.map(bytesOf), buffer.actions.subarray(0, buffer.size), buffer.terminated.subarray(0, buffer.size)])
  const header: Header<Report> = {
    format, fingerprint, steps, updates, episodes, random: random.state, tally, buffer: { size: buffer.size, next: buffer.next }, history,
    best: best ? { score: best.score, steps: best.steps } : null, sha256: sha256(body),
  }
  return Buffer.concat([Buffer.from(`${JSON.stringify(header)}\n`), body])
}

/** Brings a new agent to where the checkpoint was taken, in place. Gives what was kept beside it, or why the checkpoint is of no use. */
export function readDqnCheckpoint<Report>(bytes: Uint8Array, fingerprint: string, dqn: Dqn): DqnRecord<Report> | string {
  const end = bytes.indexOf(10)
  const header = end < 0 ? undefined : parseHeader<Report>(bytes.subarray(0, end))
  if (!header) return 'it is not a checkpoint of an agent'
  if (header.fingerprint !== fingerprint) return 'it is of other data or another configuration'
  // A copy, so that the numbers begin where a Float32Array may.
  const body = Uint8Array.from(bytes.subarray(end + 1))
  if (sha256(body) !== header.sha256) return 'it is cut off or altered'
  const { steps, updates, episodes, random, tally, buffer, history, best } = header
  Object.assign(dqn, { steps, updates, episodes, tally, state: undefined, episodeReturn: 0 })
  Object.assign(dqn.buffer, buffer)
  dqn.random.state = random
  const values = readBody(dqn, body, best !== null)
  return { history, best: best && values ? { ...best, values } : undefined }
}

/** Gives the best parameters. */
function readBody({ memory, buffer }: Dqn, body: Uint8Array<ArrayBuffer>, hasBest: boolean): Float32Array | undefined {
  let at = 0
  const take = (into: Float32Array) => {
    into.set(new Float32Array(body.buffer, at, into.length))
    at += into.byteLength
    return into
  }
  for (const part of [memory.online, memory.target, memory.mean, memory.square]) take(part)
  const best = hasBest ? take(new Float32Array(memory.online.length)) : undefined
  const kept = buffer.size * buffer.stateSize
  for (const part of [buffer.states.subarray(0, kept), buffer.nextStates.subarray(0, kept), buffer.rewards.subarray(0, buffer.size)]) take(part)
  buffer.actions.set(body.subarray(at, at + buffer.size))
  buffer.terminated.set(body.subarray(at + buffer.size, at + 2 * buffer.size))
  return best
}

function parseHeader<Report>(bytes: Uint8Array): Header<Report> | undefined {
  try {
    const header = JSON.parse(Buffer.from(bytes).toString()) as Header<Report>
    return header.format === format ? header : undefined
  } catch {
    return undefined
  }
}
