import { spawn } from 'node:child_process'
import { reportOutput } from './preparation.ts'

export interface RunResult {
  status: number | null
  output: string
}

export interface RunOptions {
  cwd?: string
  /** Set beside what this process has. */
  env?: Readonly<Record<string, string>>
}

/** Runs a program to its end and collects what it printed; rejects when it cannot be started. */
export function runToEnd(program: string, args: readonly string[], { cwd, env }: RunOptions = {}): Promise<RunResult> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { ...(cwd !== undefined && { cwd }), env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'pipe'] })
    let output = ''
    const collect = (chunk: Buffer) => {
      const text = chunk.toString()
      output += text
      reportOutput(text)
    }
    child.stdout.on('data', collect)
    child.stderr.on('data', collect)
    child.once('error', reject)
    child.once('close', (status) => resolve({ status, output }))
  })
}

/** Undefined when the program runs, else one line saying why not. */
export async function whyNotRunnable(program: string, args: readonly string[]): Promise<string | undefined> {
  const result = await runToEnd(program, args).catch(() => undefined)
  if (!result) return `${program} is not installed`
  return result.status === 0 ? undefined : `${program} ${args.join(' ')} ended with status ${result.status}`
}
