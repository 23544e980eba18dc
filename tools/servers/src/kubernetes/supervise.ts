// Runs a cluster until it is told to stop: `node supervise.ts '<SupervisorOptions as JSON>' [attached]`. Attached, it ends when its standard
// input closes, however whoever started it ended; otherwise on SIGTERM.
import { runCluster, type SupervisorOptions } from './supervisor.ts'

const options = JSON.parse(process.argv[2]!) as SupervisorOptions
const tell = (line: object) => process.stdout.write(`${JSON.stringify(line)}\n`)
process.stdout.on('error', () => {})

const asked = new Promise<void>((resolve) => {
  process.once('SIGTERM', resolve)
  process.on('SIGINT', () => {}) // Ctrl-C reaches the whole terminal group; whoever started it decides.
  if (process.argv[3] === 'attached') process.stdin.resume().once('close', resolve)
})

try {
  const cluster = await runCluster(options, (log) => tell({ log }))
  tell({ ready: cluster.state })
  await asked
  await cluster.stop()
  process.exit(0)
} catch (error) {
  tell({ error: (error as Error).message })
  process.exit(1)
}
