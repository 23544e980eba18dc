import { afterAll, beforeAll, describe } from 'vitest'
import type { Bus } from './bus.ts'
import { consumeContract } from './contract/consume-contract.ts'
import { deletionContract } from './contract/deletion-contract.ts'
import { groupAdminContract } from './contract/group-admin-contract.ts'
import { membershipContract } from './contract/membership-contract.ts'
import { publishContract } from './contract/publish-contract.ts'
import { tailContract } from './contract/tail-contract.ts'
import { topicContract } from './contract/topic-contract.ts'

export interface BusUnderTest {
  bus: Bus
  /** A second client of the same bus, as another process would have; closed by `close` at the latest. */
  another(): Promise<Bus>
  close(): Promise<void>
}

/** What every adapter of the bus must do. Topics and groups have names of their own, so one broker serves all tests. */
export function busContract(name: string, makeBus: () => Promise<BusUnderTest>): void {
  describe(`bus contract: ${name}`, () => {
    let made: BusUnderTest
    beforeAll(async () => {
      made = await makeBus()
    })
    afterAll(() => made.close())
    const subject = () => made
    describe('topics', () => topicContract(subject))
    describe('publishing', () => publishContract(subject))
    describe('consuming', () => consumeContract(subject))
    describe('group membership', () => membershipContract(subject))
    describe('tailing', () => tailContract(subject))
    describe('deleting', () => deletionContract(subject))
    describe('offsets and groups', () => groupAdminContract(subject))
  })
}
