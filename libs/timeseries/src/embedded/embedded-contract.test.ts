import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { timeSeriesContract } from '../time-series-contract.ts'
import { openEmbeddedSeries } from './open-embedded-series.ts'

timeSeriesContract('embedded', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'streamforge-series-'))
  const file = join(directory, 'series.db')
  return {
    open: () => openEmbeddedSeries({ file }),
    openWith: (mostSeries) => openEmbeddedSeries({ file, mostSeries }),
    dispose: () => rm(directory, { recursive: true }),
  }
})
