// Writes batches of 100 candles one after another and says so after each, until it is killed: a test's child process.
import { candle } from '../contract/candle.ts'
import { openEmbeddedSeries } from './open-embedded-series.ts'

const series = await openEmbeddedSeries({ file: process.argv[2]! })
for (let batch = 0; ; batch++) {
  await series.writePoints(Array.from({ length: 100 }, (_, i) => candle('BTCUSDT', batch * 100 + i)))
  process.send!(batch)
}
