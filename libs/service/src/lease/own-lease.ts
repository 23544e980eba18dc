import { randomBytes } from 'node:crypto'
import { isCertainlyGone, ownIdentity } from '@streamforge/bus'
import type { LeaseHolder } from '@streamforge/contracts'
import type { LeaseOptions } from '@streamforge/store'
import type { Logger } from 'pino'

export interface OwnLease extends Pick<LeaseOptions, 'store' | 'name' | 'ttlMs' | 'now' | 'signal'> {
  log: Pick<Logger, 'warn'>
  /** Who this is; default: this start of this process. Tests have several in one. */
  holder?: LeaseHolder
}

/** A lease as this process asks for it. */
export function ownLease({ log, holder = ownHolder(), ...lease }: OwnLease): LeaseOptions {
  return {
    ...lease, holder, isGone, elapsed: () => performance.now(),
    onFailure: (err) => log.warn({ err }, 'the lease could not be looked at; trying again'),
  }
}

function ownHolder(): LeaseHolder {
  const { pid, startedAt, host } = ownIdentity()
  return { instance: `${pid}-${randomBytes(4).toString('hex')}`, host, pid, started_at: startedAt }
}

/** Only who ran on this machine can be known to be gone. */
const isGone = ({ pid, host, started_at }: LeaseHolder) => isCertainlyGone({ pid, host, startedAt: started_at })
