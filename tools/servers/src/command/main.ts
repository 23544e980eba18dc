// npm run servers -- up|down|status|env [NAME ...]
import { parseCommand, usage } from './arguments.ts'
import { runCommand } from './run-command.ts'

try {
  const command = parseCommand(process.argv.slice(2))
  if (command === 'help') process.stdout.write(usage)
  else await runCommand(command, { say: (line) => process.stderr.write(`${line}\n`), print: (text) => process.stdout.write(text) })
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`)
  process.exitCode = 1
}
