// Runs a server and stops it when whoever asked for it is gone: `node guard.mjs <log file> <stop signal> <program> <arguments...>`.
// The parent holds our standard input; it closes however the parent ends, SIGKILL included. The server's process id is printed
// first, so that the parent can kill it the hard way.
import { spawn } from 'node:child_process'
import { openSync } from 'node:fs'

const [logFile, stopSignal, program, ...args] = process.argv.slice(2)
const log = openSync(logFile, 'a')
const server = spawn(program, args, { stdio: ['ignore', log, log] })
server.once('error', (error) => {
  process.stdout.write(`error ${error.message}\n`)
  process.exit(1)
})
server.once('spawn', () => process.stdout.write(`pid ${server.pid}\n`))
server.once('exit', (code, signal) => process.exit(signal ? 128 : (code ?? 1)))

process.stdin.resume()
process.stdin.once('close', stop)
process.once('SIGTERM', stop)
process.once('SIGINT', () => {}) // Ctrl-C reaches the whole terminal group; the parent decides when the server goes.
process.stdout.on('error', () => {})

function stop() {
  server.kill(stopSignal)
  setTimeout(() => server.kill('SIGKILL'), 8000).unref()
}
