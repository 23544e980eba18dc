import { isCertainlyGone, ownIdentity } from '@streamforge/bus'
import type { LeaseHolder } from '@streamforge/contracts'

/** This start of this process. */
export function leaseHolder(randomBytes: (size: number) => Buffer): LeaseHolder {
  const { pid, startedAt, host } = ownIdentity()
  return { instance: `${pid}-${randomBytes(4).toString('hex')}`, host, pid, started_at: startedAt }
}

/** Only who ran on this machine can be known to be gone. */
export const isGone = ({ pid, host, started_at }: LeaseHolder) => isCertainlyGone({ pid, host, startedAt: started_at })
