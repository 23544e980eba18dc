import { runToEnd, whyNotRunnable } from '../run-to-end.ts'

/** Debian's container runtime, its network plugins and what kube-proxy calls. */
export const nodePackages = ['containerd', 'runc', 'containernetworking-plugins', 'nftables', 'conntrack', 'iproute2', 'openssl'] as const

/** Installs what is missing of these packages: as root, by apt; otherwise the error names the command. */
export async function installDebianPackages(packages: readonly string[], log: (line: string) => void = () => {}): Promise<void> {
  const missing = await missingPackages(packages)
  if (missing.length === 0) return
  const command = `apt-get install -y --no-install-recommends ${missing.join(' ')}`
  if (process.getuid?.() !== 0 || (await whyNotRunnable('apt-get', ['--version'])) !== undefined) {
    throw new Error(`${missing.join(', ')} ${missing.length === 1 ? 'is' : 'are'} not installed; run as root: ${command}`)
  }
  log(`installing ${missing.join(', ')}`)
  await runToEnd('apt-get', ['update', '-q'])
  const { status, output } = await runToEnd('env', ['DEBIAN_FRONTEND=noninteractive', ...command.split(' ')])
  if (status !== 0) throw new Error(`${command} failed: ${output.slice(-1000)}`)
}

async function missingPackages(packages: readonly string[]): Promise<string[]> {
  const { output } = await runToEnd('dpkg-query', ['-W', '-f', '${Package} ${db:Status-Status}\\n', ...packages]).catch(() => ({ output: '' }))
  const installed = new Set(output.split('\n').filter((line) => line.endsWith(' installed')).map((line) => line.split(' ')[0]))
  return packages.filter((name) => !installed.has(name))
}
