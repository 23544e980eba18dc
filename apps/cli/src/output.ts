import { StreamForgeError } from '@streamforge/contracts'

/** One line to standard output. */
export const print = (line: string) => void process.stdout.write(`${line}\n`)

/** One line to standard error: what is not a result. */
export const notice = (line: string) => void process.stderr.write(`${line}\n`)

/** Indented JSON; offsets are 64-bit integers and become decimal strings. */
export const printJson = (value: unknown) =>
  print(JSON.stringify(value, (_, v: unknown) => (typeof v === 'bigint' ? v.toString() : v), 2))

/** An error as a person reads it: what was wrong, what to do, the code to look up. */
export function describeError(error: unknown): string {
  if (!(error instanceof StreamForgeError)) return error instanceof Error ? (error.stack ?? error.message) : String(error)
  const remedy = error.remedy ? `\n  ${error.remedy}` : ''
  return `${error.message}${remedy}\n  (${error.code}, see docs/ERRORS.md)`
}
