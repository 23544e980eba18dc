// npm run bench:models [-- --only steps,quality] [-- --rounds 3] [-- --data FOLDER] [-- --json]
import { resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { benchEncoderQuality } from './models/encoder-quality.ts'
import { benchStepTimes } from './models/step-times.ts'
import { runChosen } from './run-chosen.ts'

const { values } = parseArgs({ options: {
  only: { type: 'string' }, rounds: { type: 'string', default: '3' }, json: { type: 'boolean', default: false },
  data: { type: 'string', default: resolve(import.meta.dirname, '../../../../shared/data') },
} })
const say = (line: string) => process.stderr.write(`${line}\n`)

await runChosen({
  steps: () => benchStepTimes(say, { rounds: Number(values.rounds) }),
  quality: () => benchEncoderQuality(values.data, say),
}, values)
