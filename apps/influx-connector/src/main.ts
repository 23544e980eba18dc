import { constants, setPriority } from 'node:os'
import { runService } from '@streamforge/service'
import { Config } from './config.ts'
import { connectSeries } from './connect-series.ts'

// Where cores are shared, loading and storing go first: a chart may be some milliseconds late.
setPriority(constants.priority.PRIORITY_BELOW_NORMAL)

await runService('influx-connector', Config, connectSeries)
