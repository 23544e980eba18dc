import { describe } from 'vitest'
import { collectionAndGraphTests } from './contract/collections-and-graphs.ts'
import { concurrencyTests } from './contract/concurrency.ts'
import { readTests } from './contract/reads.ts'
import { prepareSuite, type StoreUnderTest } from './contract/suite.ts'
import { writeTests } from './contract/writes.ts'

/** What every adapter of the store must do, method by method. */
export function storeContract(name: string, make: () => Promise<StoreUnderTest>): void {
  describe(`store contract: ${name}`, () => {
    const suite = prepareSuite(make)
    describe('writing', () => writeTests(suite))
    describe('reading', () => readTests(suite))
    describe('several at once', () => concurrencyTests(suite))
    describe('collections and graphs', () => collectionAndGraphTests(suite))
  })
}
