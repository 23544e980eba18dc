import { join } from 'node:path'
import { cachedFolder, runToEnd, whyNotRunnable } from '@streamforge/servers'

/**
 * Prometheus' own checker of rules: the one that is installed, else Debian's, unpacked into the user's cache without installing it (needs apt and
 * dpkg, not root). The reason is one line.
 */
export async function findPromtool(): Promise<{ ok: true; program: string } | { ok: false; reason: string }> {
  if (await whyNotRunnable('promtool', ['--version']) === undefined) return { ok: true, program: 'promtool' }
  for (const program of ['apt-get', 'dpkg-deb']) {
    const missing = await whyNotRunnable(program, ['--version'])
    if (missing !== undefined) return { ok: false, reason: `promtool is not installed, and ${missing}` }
  }
  try {
    const program = join(await cachedFolder('promtool-debian', unpack), 'usr/bin/promtool')
    const broken = await whyNotRunnable(program, ['--version'])
    return broken === undefined ? { ok: true, program } : { ok: false, reason: broken }
  } catch (error) {
    return { ok: false, reason: (error as Error).message.split('\n')[0]! }
  }
}

async function unpack(folder: string): Promise<void> {
  const download = await runToEnd('apt-get', ['download', 'prometheus'], { cwd: folder })
  if (download.status !== 0) throw new Error("apt-get could not download Debian's prometheus package")
  const unpacked = await runToEnd('sh', ['-c', 'dpkg-deb -x prometheus_*.deb . && rm prometheus_*.deb'], { cwd: folder })
  if (unpacked.status !== 0) throw new Error("Debian's prometheus package could not be unpacked")
}
