import { lookup } from 'node:dns/promises'
import type { LookupFunction } from 'node:net'
import { StreamForgeError } from '@streamforge/contracts'
import { type Allowances, checkAddress } from './address-rules.ts'

export type Resolve = (host: string) => Promise<readonly { address: string; family: number }[]>

export const systemResolve: Resolve = (host) => lookup(host, { all: true, verbatim: true })

/**
 * Name resolution for one request's connection: what is connected to is exactly what was checked, so that a name that answers
 * differently the second time gains nothing. One private address among several refuses them all.
 */
export function guardedLookup(resolve: Resolve, allowances: Allowances, hostAllowed: boolean): LookupFunction {
  return (host, options, callback) => {
    resolveChecked(resolve, host, allowances, hostAllowed).then(
      (addresses) => options.all ? callback(null, addresses) : callback(null, addresses[0]!.address, addresses[0]!.family),
      (error: unknown) => callback(error as NodeJS.ErrnoException, '', 4),
    )
  }
}

async function resolveChecked(resolve: Resolve, host: string, allowances: Allowances, hostAllowed: boolean) {
  const addresses = await resolve(host).catch((cause: unknown) => {
    throw dnsFailed(allowances, host, cause)
  })
  if (addresses.length === 0) throw dnsFailed(allowances, host)
  for (const { address } of addresses) checkAddress(host, address, allowances, hostAllowed)
  return [...addresses]
}

const dnsFailed = ({ terms }: Allowances, host: string, cause?: unknown) => new StreamForgeError(terms.dnsFailed, `${host} could not be resolved`, { cause })
