import type { StreamForgeError } from '@streamforge/contracts'
import { expect, it } from 'vitest'
import { openCluster } from './cluster.ts'
import { int16, int32, scriptedBroker, text, type ScriptedAnswer } from './scripted-broker.ts'

const authenticationFailed = 58

async function signIn(answer: (answer: ScriptedAnswer) => void): Promise<StreamForgeError> {
  const broker = await scriptedBroker((_, toUser) => answer(toUser))
  try {
    const sasl = { mechanism: 'scram-sha-512', username: 'user', password: 'a-secret' } as const
    await openCluster({ brokers: [broker.address], clientId: 'test', sasl, connectWithinMs: 1 }, () => 0)
  } catch (error) {
    return error as StreamForgeError
  } finally {
    broker.close()
  }
  throw new Error('the user was let in')
}

it('takes a broker that goes away while a user signs in for one that is away', async () => {
  expect(await signIn(({ breakOff }) => breakOff(Buffer.alloc(8), 0))).toMatchObject({ code: 'BUS_UNAVAILABLE', retryable: true })
})

it('takes a refused user for a setting to be mended, and keeps the password to itself', async () => {
  const error = await signIn(({ reply }) => reply(Buffer.concat([int16(authenticationFailed), text('no such user'), int32(0)])))
  expect(error).toMatchObject({ code: 'BAD_CONFIG', retryable: false })
  expect(error.message).toContain('no such user')
  expect(JSON.stringify(error)).not.toContain('a-secret')
})
