import { expect, it } from 'vitest'
import { hasPassed } from './report/summarise.ts'
import { runChaos } from './run-chaos.ts'
import { renderReport } from './report/render-report.ts'

const seed = Number(process.env.SEED ?? 3)

it(`loses, doubles and reorders nothing while services die, lines break and poison comes (SEED=${seed})`, { timeout: 240_000 }, async () => {
  const said: string[] = []
  const report = await runChaos({
    seed, faults: 7, records: 25_000, bus: 'embedded', say: (line) => said.push(line),
    kinds: ['kill-job', 'kill-service', 'pause-service', 'double-launch', 'network-cut', 'poison', 'skew-clock'],
  })
  expect(hasPassed(report), `${said.join('\n')}\n${renderReport(report)}`).toBe(true)
  expect(report.faults.map(({ fault }) => fault.kind).sort()).toEqual(['double-launch', 'kill-job', 'kill-service', 'network-cut', 'pause-service', 'poison', 'skew-clock'])
  expect(report.records).toBeGreaterThanOrEqual(25_000)
  expect(report.commitsChecked).toBeGreaterThan(10_000)
})
