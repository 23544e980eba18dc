// npm run bench:agent [-- --only trading,speed,cart-pole] [-- --rounds 3] [-- --json]
import { parseArgs } from 'node:util'
import { benchCartPole, benchDqnSpeed } from './agent/dqn-speed.ts'
import { benchTrading } from './agent/trading-speed.ts'
import { runChosen } from './run-chosen.ts'

const { values } = parseArgs({ options: { only: { type: 'string' }, rounds: { type: 'string', default: '3' }, json: { type: 'boolean', default: false } } })
const say = (line: string) => process.stderr.write(`${line}\n`)
const rounds = Number(values.rounds)

await runChosen({
  trading: () => benchTrading({ rounds }),
  speed: () => benchDqnSpeed(say, { rounds }),
  'cart-pole': () => benchCartPole(say),
}, values)
