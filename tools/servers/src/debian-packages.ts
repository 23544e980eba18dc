import { runToEnd, whyNotRunnable } from './run-to-end.ts'

/** Undefined when this process may install Debian's packages, else one line saying what to do. */
export async function whyNotInstallable(packages: readonly string[]): Promise<string | undefined> {
  const ask = `install Debian's ${packages.join(' ')} (apt-get install ${packages.join(' ')})`
  if (await whyNotRunnable('apt-get', ['--version'])) return `${ask}; there is no apt-get here`
  if (process.getuid?.() !== 0) return `${ask}; this process is not root and cannot`
  return undefined
}

/** Installs what is missing of these packages, without those that they only recommend. @throws Error saying what to do, or with the end of what apt-get said */
export async function installDebianPackages(packages: readonly string[], log: (line: string) => void = () => {}): Promise<void> {
  const missing = await missingPackages(packages)
  if (!missing.length) return
  const reason = await whyNotInstallable(missing)
  if (reason !== undefined) throw new Error(reason)
  log(`installing ${missing.join(', ')}`)
  const env = { DEBIAN_FRONTEND: 'noninteractive' }
  // Old lists name versions that the mirror no longer has. A list that cannot be had may still be good enough.
  await runToEnd('apt-get', ['update', '-q'], { env })
  const { status, output } = await runToEnd('apt-get', ['install', '-y', '-q', '--no-install-recommends', ...missing], { env })
  if (status !== 0) throw new Error(`apt-get could not install ${missing.join(' ')}: ${output.slice(-1000)}`)
}

async function missingPackages(packages: readonly string[]): Promise<string[]> {
  const { output } = await runToEnd('dpkg-query', ['-W', '-f', '${Package} ${db:Status-Status}\\n', ...packages]).catch(() => ({ output: '' }))
  const installed = new Set(output.split('\n').filter((line) => line.endsWith(' installed')).map((line) => line.split(' ')[0]))
  return packages.filter((name) => !installed.has(name))
}
