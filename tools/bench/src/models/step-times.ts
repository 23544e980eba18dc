import { nativeTensorsFolder } from '@streamforge/models/tensors'
import { runToEnd } from '@streamforge/servers'
import { existsSync } from 'node:fs'
import { join, resolve } from 'node:path'
import type { BenchmarkResult, BenchmarkRow } from '../row.ts'
import { pythonWithTorch } from './pytorch-python.ts'

const benchmark = 'training step'
const here = import.meta.dirname
const python = resolve(here, '../../python/gnn_step.py')
const encoders = ['gru', 'strided'] as const
type EncoderName = (typeof encoders)[number]
type Runtime = 'torch' | 'native' | 'wasm'

interface Subject {
  runtime: Runtime
  encoder: EncoderName
  command: readonly [string, ...string[]]
}

interface Measured extends Subject {
  description: string
  milliseconds: number[]
}

const encoderTitles: Record<EncoderName, string> = { gru: 'GRU', strided: 'strided encoder (default)' }

/**
 * One step of training of the same network on the same shapes: 50 assets, 32 bars, 8 features, hidden 32, graph attention, a batch of 16 bars, Adam. Every
 * subject has a process of its own; they take turns, and the fastest step of each counts, since other work on the machine only makes steps slower.
 */
export async function benchStepTimes(say: (line: string) => void, { rounds = 3, steps = 60 } = {}): Promise<BenchmarkResult> {
  const torch = await pythonWithTorch(say)
  const missing: BenchmarkResult = 'reason' in torch ? [{ benchmark, skipped: `no PyTorch to compare with: ${torch.reason}` }] : []
  const native = existsSync(nativeTensorsFolder())
  if (!native) missing.push({ benchmark, skipped: 'the native backend is not installed: npm run tensors:native' })
  const runtimes: Runtime[] = [...('python' in torch ? ['torch' as const] : []), ...(native ? ['native' as const] : []), 'wasm']
  const subjects = runtimes.flatMap((runtime) => encoders.map((encoder): Subject => ({ runtime, encoder, command: commandOf(runtime, encoder, steps, 'python' in torch ? torch.python : '') })))
  const results = new Map<Subject, Measured>()
  for (let round = 1; round <= rounds; round++) {
    for (const subject of subjects) {
      say(`training step, round ${round} of ${rounds}: ${subject.runtime} ${subject.encoder}`)
      const { description, milliseconds } = await measure(subject)
      const before = results.get(subject)?.milliseconds ?? []
      // The first sixth warms up.
      results.set(subject, { ...subject, description, milliseconds: [...before, ...milliseconds.slice(Math.ceil(steps / 6))] })
    }
  }
  return [...missing, ...toRows([...results.values()])]
}

function commandOf(runtime: Runtime, encoder: EncoderName, steps: number, torchPython: string): [string, ...string[]] {
  if (runtime === 'torch') return [torchPython, python, encoder, String(steps)]
  return [process.execPath, '--disable-warning=ExperimentalWarning', join(here, 'measure-step.ts'), runtime, encoder, String(steps)]
}

async function measure({ command: [program, ...args] }: Subject): Promise<{ description: string; milliseconds: number[] }> {
  const { status, output } = await runToEnd(program, args)
  const line = output.split('\n').findLast((text) => text.startsWith('{'))
  if (status !== 0 || !line) throw new Error(`${program} ${args.join(' ')} ended with status ${status}: ${output.slice(-1000)}`)
  return JSON.parse(line) as { description: string; milliseconds: number[] }
}

function toRows(results: Measured[]): BenchmarkRow[] {
  const fastest = ({ milliseconds }: Measured) => Math.min(...milliseconds)
  const find = (runtime: Runtime, encoder: EncoderName) => results.find((result) => result.runtime === runtime && result.encoder === encoder)
  const torchGru = find('torch', 'gru')
  return results.map((result) => {
    const { runtime, encoder, description, milliseconds } = result
    const row = {
      benchmark, subject: `${description}: ${encoderTitles[encoder]}`, value: round(fastest(result)), unit: 'ms',
      details: { median: round(milliseconds.toSorted((a, b) => a - b)[milliseconds.length >> 1]!) },
    }
    const most = targetOf(runtime, encoder)
    if (!torchGru || result === torchGru) return row
    const ratio = fastest(result) / fastest(torchGru)
    return { ...row, ratio, baseline: "PyTorch's GRU", ...(most && { target: `<= ${most} x`, met: ratio <= most }) }
  })
}

/** Times PyTorch's GRU that it may take, as the project set itself. */
function targetOf(runtime: Runtime, encoder: EncoderName): number | undefined {
  if (runtime === 'native') return encoder === 'gru' ? 3 : 1
  return runtime === 'wasm' && encoder === 'gru' ? 10 : undefined
}

const round = (value: number) => Math.round(value * 10) / 10
