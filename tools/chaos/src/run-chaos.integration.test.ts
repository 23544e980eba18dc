import { expect, it } from 'vitest'
import { hasPassed } from './report/summarise.ts'
import { runChaos } from './run-chaos.ts'
import { renderReport } from './report/render-report.ts'

const seed = Number(process.env.SEED ?? 3)

it(`loses, doubles and reorders nothing while services die, lines break and poison comes (SEED=${seed})`, { timeout: 240_000 }, async () => {
  const said: string[] = []
  const kinds = ['kill-job', 'kill-service', 'network-cut', 'poison'] as const
  const report = await runChaos({ seed, faults: kinds.length, records: 10_000, bus: 'embedded', kinds, say: (line) => said.push(line) })
  expect(hasPassed(report), `${said.join('\n')}\n${renderReport(report)}`).toBe(true)
  expect(report.faults.map(({ fault }) => fault.kind).sort()).toEqual(kinds)
  expect(report.records).toBeGreaterThanOrEqual(10_000)
  expect(report.commitsChecked).toBeGreaterThan(5_000)
})
