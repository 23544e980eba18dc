// Loaded into every service and job before anything else (NODE_OPTIONS=--import): their clock is the machine's, moved by the milliseconds in
// the file <CHAOS_CLOCK_DIR>/<app>, which may change at any time, as when somebody sets a machine's clock. What counts from the process's own
// start (performance.now, timers) goes on, as it does on a real machine.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'

const app = /[\\/]apps[\\/]([a-z-]+)[\\/]src[\\/]/.exec(process.argv[1] ?? '')?.[1]
if (process.env.CHAOS_CLOCK_DIR && app) shiftClock(join(process.env.CHAOS_CLOCK_DIR, app))

function shiftClock(file) {
  const RealDate = Date
  let shift = 0
  const look = () => {
    try {
      shift = Number(readFileSync(file, 'utf8')) || 0
    } catch {
      shift = 0
    }
  }
  globalThis.Date = class Date extends RealDate {
    constructor(...args) {
      if (args.length === 0) super(RealDate.now() + shift)
      else super(...args)
    }

    static now() {
      return RealDate.now() + shift
    }
  }
  look()
  setInterval(look, 200).unref()
}
