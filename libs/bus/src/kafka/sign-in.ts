import { createRequire } from 'node:module'

interface Exchange {
  host: string
  port: number
  logger: unknown
  saslAuthenticate(exchange: object): Promise<unknown>
}

type Authenticator = (exchange: Exchange) => { authenticate(): Promise<void> }

const scramSha512 = createRequire(import.meta.url)('kafkajs/src/broker/saslAuthenticator/scram512.js') as (user: Credentials) => Authenticator

interface Credentials {
  username: string
  password: string
}

/**
 * kafkajs's `sasl` for a user. Its own calls whatever ends a handshake a refused user, also a broker that goes away in the middle of it, which
 * is to be tried again: here the first failure comes through as what it was.
 */
export function signInAs(user: Credentials): { mechanism: 'scram-sha-512'; authenticationProvider: Authenticator } {
  const authenticator = scramSha512(user)
  return {
    mechanism: 'scram-sha-512',
    authenticationProvider: (exchange) => {
      let failure: unknown
      const saslAuthenticate = (request: object) => exchange.saslAuthenticate(request).catch((error: unknown) => {
        failure ??= error
        throw error
      })
      const inner = authenticator({ ...exchange, saslAuthenticate })
      return { authenticate: () => inner.authenticate().catch((error: unknown) => { throw failure ?? error }) }
    },
  }
}
