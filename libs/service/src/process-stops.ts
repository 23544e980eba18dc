import type { StopCause } from './stop-cause.ts'

const signals = ['SIGTERM', 'SIGINT'] as const
const crashes = ['uncaughtException', 'unhandledRejection'] as const

/** Turns the process's signals and crashes into stops; a second signal ends the process at once. Returns the unsubscribe. */
export function onProcessStop(stop: (cause: StopCause) => void): () => void {
  let told = false
  const onSignal = (signal: NodeJS.Signals) => {
    if (told) process.exit(143)
    told = true
    stop({ kind: 'terminated', signal })
  }
  const onCrash = (error: unknown) => stop({ kind: 'crashed', error })
  for (const signal of signals) process.on(signal, onSignal)
  for (const crash of crashes) process.on(crash, onCrash)
  return () => {
    for (const signal of signals) process.off(signal, onSignal)
    for (const crash of crashes) process.off(crash, onCrash)
  }
}
