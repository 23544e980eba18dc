import { describe } from 'vitest'
import { readTests } from './contract/reads.ts'
import { prepareSuite, type SeriesUnderTest } from './contract/suite.ts'
import { writeTests } from './contract/writes.ts'

/** What every adapter of the time series must do. */
export function timeSeriesContract(name: string, make: () => Promise<SeriesUnderTest>): void {
  describe(`time series contract: ${name}`, () => {
    const suite = prepareSuite(make)
    describe('writing', () => writeTests(suite))
    describe('reading', () => readTests(suite))
  })
}
