import { spawn } from 'node:child_process'
import { join, resolve } from 'node:path'
import { CanaryReport } from '@streamforge/contracts'
import { expect } from 'vitest'
import { followWorkflow } from '../commands/watch.ts'
import type { SimulatedPlatform } from './simulated-platform.ts'

export const repositoryRoot = resolve(import.meta.dirname, '../../../..')

/** Runs `streamforge canary` as a person would. */
export async function runCanary(dataDir: string, releases: string, args: readonly string[], env: Record<string, string> = {}): Promise<{ code: number; report: CanaryReport }> {
  const child = spawn(
    process.execPath, [join(repositoryRoot, 'tools/run.mjs'), 'apps/cli/src/main.ts', 'canary', ...args, '--data-dir', dataDir, '--releases', releases, '--json'],
    { cwd: repositoryRoot, env: { ...process.env, ...env } },
  )
  let stdout = ''
  let stderr = ''
  child.stdout.on('data', (chunk: Buffer) => { stdout += chunk.toString() })
  child.stderr.on('data', (chunk: Buffer) => { stderr += chunk.toString() })
  const code = await new Promise<number>((done) => child.on('close', (exit) => done(exit ?? -1)))
  expect(stdout, stderr).not.toBe('')
  expect(stderr).not.toContain('could not be taken away')
  return { code, report: CanaryReport.parse(JSON.parse(stdout)) }
}

/** A day of candles of two symbols and their features; the ids of the queues by symbol and type. */
export async function makeFeatures({ api, exchangeTime }: SimulatedPlatform): Promise<Map<string, string>> {
  const to = Math.floor(await exchangeTime() / 86_400_000) * 86_400_000
  const { workflow_id } = await api.submit({ symbols: ['BTCUSDT', 'ETHUSDT'], types: ['api_candles_5m'], time_range: `${to - 86_400_000}:${to}`, pipeline: { type: 'features' } })
  const ended = await followWorkflow(api, workflow_id, { json: true })
  expect(ended.status).toBe('finished')
  return new Map(ended.queues.map((queue) => [`${queue.symbol} ${queue.type}`, queue.queue_id]))
}
