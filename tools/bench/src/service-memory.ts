import { readdir, readFile } from 'node:fs/promises'
import { basename, dirname } from 'node:path'

/** Highest resident memory of each service that works in `dataDir`, and of all together at one moment, in MB. Linux only. Looking costs
 * processor time that is then missing in what is measured: hence seldom. */
export interface ServiceMemory {
  peaks(): { services: Map<string, number>; together: number }
  stop(): void
}

export function watchServiceMemory(dataDir: string, everyMs = 2_000): ServiceMemory {
  const services = new Map<string, number>()
  let together = 0
  let sampling = Promise.resolve()
  const sample = async () => {
    let sum = 0
    for (const pid of (await readdir('/proc').catch(() => [])).filter((name) => /^\d+$/.test(name))) {
      const [environ, cmdline, status] = await Promise.all(['environ', 'cmdline', 'status'].map((f) => readFile(`/proc/${pid}/${f}`, 'utf8').catch(() => '')))
      if (!environ!.split('\0').includes(`DATA_DIR=${dataDir}`)) continue
      const script = cmdline!.split('\0').find((a) => a.endsWith('/src/main.ts'))
      const megabytes = Number(/^VmRSS:\s+(\d+) kB/m.exec(status!)?.[1] ?? 0) / 1024
      if (!script || !megabytes) continue
      const name = basename(dirname(dirname(script)))
      services.set(name, Math.max(services.get(name) ?? 0, megabytes))
      sum += megabytes
    }
    together = Math.max(together, sum)
  }
  const timer = setInterval(() => { sampling = sampling.then(sample) }, everyMs)
  return { peaks: () => ({ services, together }), stop: () => clearInterval(timer) }
}
