// npm run capacity -- 'all of Binance spot, trades and books' [--node 8x32] [--group 8] [--replication 3] [--costs FILE] [--json]
// npm run capacity -- measure [--out FILE]: what work costs on this machine
import { readFile, writeFile } from 'node:fs/promises'
import { parseArgs } from 'node:util'
import { StreamForgeError } from '@streamforge/contracts'
import { Costs, measuredCosts } from './costs.ts'
import { parseNode } from './node-size.ts'
import { parseLoad } from './parse-load.ts'
import { planCapacity } from './plan-capacity.ts'
import { renderPlan } from './render-plan.ts'

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    node: { type: 'string', default: '8x32' }, group: { type: 'string', default: '8' }, replication: { type: 'string', default: '3' },
    costs: { type: 'string' }, json: { type: 'boolean', default: false }, out: { type: 'string' }, rate: { type: 'string', default: '5000' },
  },
})
const words = positionals.join(' ')

function whole(name: 'group' | 'replication' | 'rate'): number {
  const value = Number(values[name])
  if (Number.isInteger(value) && value >= 1) return value
  throw new StreamForgeError('INVALID_FIELD', `--${name} ${values[name]} is not a whole number from 1`)
}

async function readCosts(file: string): Promise<Costs> {
  const text = await readFile(file, 'utf8').catch((cause: unknown) => {
    throw new StreamForgeError('INVALID_FIELD', `costs cannot be read from ${file}`, { cause, remedy: 'npm run capacity -- measure --out FILE makes such a file' })
  })
  const { data, error } = Costs.safeParse(parseJson(text))
  if (data) return data
  const [issue] = error.issues
  throw new StreamForgeError('INVALID_FIELD', `${file} holds no costs: ${issue?.path.join('.')} ${issue?.message}`, { remedy: 'npm run capacity -- measure --out FILE makes such a file' })
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

async function measure(): Promise<void> {
  const { measureCosts } = await import('./measure-costs.ts')
  const { costs, report } = await measureCosts({ rate: whole('rate'), say: (line) => process.stderr.write(`${line}\n`) })
  process.stdout.write(`${report}\n`)
  if (values.out !== undefined) await writeFile(values.out, `${JSON.stringify(costs, null, 2)}\n`)
}

async function plan(): Promise<void> {
  const costs = values.costs === undefined ? measuredCosts : await readCosts(values.costs)
  const result = planCapacity(parseLoad(words), { costs, node: parseNode(values.node), groupSize: whole('group'), replication: whole('replication') })
  process.stdout.write(values.json ? `${JSON.stringify(result, null, 2)}\n` : `${renderPlan(result)}\n`)
}

try {
  await (words === 'measure' ? measure() : plan())
} catch (error) {
  if (!(error instanceof StreamForgeError)) throw error
  process.stderr.write(`${error.code}: ${error.message}${error.remedy === undefined ? '' : `\n${error.remedy}`}\n`)
  process.exitCode = 2
}
