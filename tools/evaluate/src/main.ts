// npm run evaluate -- stocks|crypto|sentiment [--json] [--assets 20] [--bars 20000] [--epochs 10] [--seed 42] [--relative] [--out .cache/evaluation]
import { existsSync } from 'node:fs'
import { mkdir, writeFile } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { openTensors } from '@streamforge/models/tensors'
import { readCrypto } from './crypto.ts'
import { type Evaluation, evaluate } from './evaluate.ts'
import { withRelativeFeatures } from './relative-features.ts'
import { renderEvaluation } from './render-evaluation.ts'
import { runSentiment } from './sentiment/run-sentiment.ts'
import { readStocks } from './stocks.ts'

const root = resolve(import.meta.dirname, '../../..')
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    json: { type: 'boolean', default: false }, data: { type: 'string', default: join(root, '../shared/data') }, out: { type: 'string', default: join(root, '.cache/evaluation') },
    assets: { type: 'string' }, bars: { type: 'string' }, horizon: { type: 'string', default: '1' }, epochs: { type: 'string', default: '10' }, seed: { type: 'string', default: '42' },
    encoder: { type: 'string', default: 'default' }, 'bars-an-epoch': { type: 'string' }, relative: { type: 'boolean', default: false },
  },
})
const number = (text: string | undefined) => (text === undefined ? undefined : Number(text))
const defined = <T extends object>(options: T) => Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as { [K in keyof T]?: Exclude<T[K], undefined> }

const readers = {
  stocks: () => readStocks(join(values.data, 'stocks'), defined({ limit: number(values.assets) })),
  crypto: () => readCrypto(join(values.data, 'klines/binance_spot_5m_2022-08_2022-12'), defined({ assets: number(values.assets), bars: number(values.bars), horizonBars: number(values.horizon) })),
}
const [name = ''] = positionals
const problem = !(name in readers) && name !== 'sentiment' ? 'which one: stocks, crypto or sentiment' : !existsSync(values.data) ? `there is no recorded data in ${values.data}; say with --data where it is` : undefined
if (problem !== undefined) {
  process.stderr.write(`${problem}\n`)
  process.exit(2)
}
if (name === 'sentiment') {
  await runSentiment(join(values.data, 'news'), { json: values.json, file: join(values.out, 'sentiment.json'), seed: Number(values.seed), environment: process.env })
  process.exit()
}
const tell = (line: string) => process.stderr.write(`${line}\n`)
const read = await readers[name as keyof typeof readers]()
const dataset = values.relative ? withRelativeFeatures(read) : read
tell(dataset.description)
const tensors = await openTensors({ onFallback: (backend, reason) => tell(`${backend} is not used: ${reason}`) })
const result: Evaluation = await evaluate(dataset, {
  tensors, tell, epochs: Number(values.epochs), seed: Number(values.seed), encoder: values.encoder as 'default', ...defined({ barsAnEpoch: number(values['bars-an-epoch']) }),
})
const file = join(values.out, `${dataset.name}${values.relative ? '-relative' : ''}.json`)
await mkdir(dirname(file), { recursive: true })
await writeFile(file, `${JSON.stringify(result, null, 2)}\n`)
process.stdout.write(values.json ? `${JSON.stringify(result, null, 2)}\n` : `${renderEvaluation(result)}\n\nwritten to ${file}\n`)
