import { runToEnd, whyNotRunnable } from './run-to-end.ts'

/** Undefined when this process may install Debian's packages, else one line saying what to do. */
export async function whyNotInstallable(packages: readonly string[]): Promise<string | undefined> {
  const ask = `install Debian's ${packages.join(' ')} (apt-get install ${packages.join(' ')})`
  if (await whyNotRunnable('apt-get', ['--version'])) return `${ask}; there is no apt-get here`
  if (process.getuid?.() !== 0) return `${ask}; this process is not root and cannot`
  return undefined
}

/** Installs packages, without those that they only recommend. @throws Error with the end of what apt-get said */
export async function installDebianPackages(packages: readonly string[]): Promise<void> {
  const reason = await whyNotInstallable(packages)
  if (reason !== undefined) throw new Error(reason)
  const env = { DEBIAN_FRONTEND: 'noninteractive' }
  // Old lists name versions that the mirror no longer has. A list that cannot be had may still be good enough.
  await runToEnd('apt-get', ['update', '-q'], { env })
  const { status, output } = await runToEnd('apt-get', ['install', '-y', '-q', '--no-install-recommends', ...packages], { env })
  if (status !== 0) throw new Error(`apt-get could not install ${packages.join(' ')}: ${output.slice(-1000)}`)
}
