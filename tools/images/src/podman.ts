import { spawn } from 'node:child_process'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { cacheRoot } from '@streamforge/servers'

/** Runs podman with the settings that work where cgroups are hybrid and limits may not be raised, its images in our cache. */
export interface Podman {
  /** Runs it to its end and returns what it printed; `onLine` hears its progress. Rejects with the end of its output when it failed. */
  (args: readonly string[], onLine?: (line: string) => void): Promise<string>
}

export async function openPodman(): Promise<Podman> {
  const folder = join(cacheRoot(), 'podman')
  await mkdir(folder, { recursive: true })
  const [containers, storage] = [join(folder, 'containers.conf'), join(folder, 'storage.conf')]
  await writeFile(containers, '[containers]\ndefault_ulimits = ["nofile=20000:20000", "nproc=32768:32768"]\n\n[engine]\nruntime = "runc"\ncgroup_manager = "cgroupfs"\nevents_logger = "none"\n')
  await writeFile(storage, `[storage]\ndriver = "overlay"\ngraphroot = ${JSON.stringify(join(folder, 'storage'))}\nrunroot = "/run/streamforge-podman"\n`)
  const env = { ...process.env, CONTAINERS_CONF: containers, CONTAINERS_STORAGE_CONF: storage }
  return (args, onLine) => new Promise((resolve, reject) => {
    const child = spawn('podman', args, { env, stdio: ['ignore', 'pipe', 'pipe'] })
    let printed = ''
    let said = ''
    child.stdout.on('data', (chunk: Buffer) => {
      printed += chunk
      said = `${said}${chunk}`.slice(-4_000)
      if (onLine) for (const line of chunk.toString().split('\n').filter(Boolean)) onLine(line)
    })
    child.stderr.on('data', (chunk: Buffer) => { said = `${said}${chunk}`.slice(-4_000) })
    child.once('error', reject)
    child.once('close', (status) => (status === 0 ? resolve(printed.trim()) : reject(new Error(`podman ${args[0]} ended with status ${status}: ${said.trim()}`))))
  })
}
