import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { runToEnd } from '../run-to-end.ts'
import { clusterAddresses, interfaceName, networkTable } from './cluster-addresses.ts'

/** Settings of the kernel that pods need and that the kubelet changes; put back as they were when the cluster ends. */
const kernelSettings = ['net/ipv4/ip_forward', 'vm/overcommit_memory', 'vm/panic_on_oom', 'kernel/panic', 'kernel/panic_on_oops', 'kernel/keys/root_maxkeys', 'kernel/keys/root_maxbytes']

const postrouting = `table ip ${networkTable} {
  chain postrouting {
    type nat hook postrouting priority 100
    ip saddr ${clusterAddresses.pods} ip daddr != { ${clusterAddresses.pods}, ${clusterAddresses.host} } masquerade
  }
}`

/** The interface with the host's address for pods, forwarding, and the translation of what pods send beyond the node. */
export async function setUpNetwork(directory: string): Promise<void> {
  await saveKernelSettings(directory)
  if (!(await hasInterface())) await makeInterface()
  await must('ip', 'address', 'replace', `${clusterAddresses.host}/32`, 'dev', interfaceName)
  await must('ip', 'link', 'set', interfaceName, 'up')
  await writeFile('/proc/sys/net/ipv4/ip_forward', '1')
  await runToEnd('nft', ['delete', 'table', 'ip', networkTable])
  await must('nft', postrouting)
}

/** Takes away what was set up, kube-proxy's tables, and what is left of pods' networks. */
export async function tearDownNetwork(directory: string): Promise<void> {
  for (const [family, table] of [['ip', networkTable], ['ip', 'kube-proxy'], ['ip6', 'kube-proxy']] as const) await runToEnd('nft', ['delete', 'table', family, table])
  await runToEnd('ip', ['link', 'delete', interfaceName])
  await rm(join(directory, 'cni-addresses'), { recursive: true, force: true })
  await forgetPodNetworks()
  await restoreKernelSettings(directory)
}

async function hasInterface(): Promise<boolean> {
  return (await runToEnd('ip', ['link', 'show', interfaceName])).status === 0
}

/** A dummy interface; where the kernel has none, a bridge without members carries an address as well. */
async function makeInterface(): Promise<void> {
  const { status } = await runToEnd('ip', ['link', 'add', interfaceName, 'type', 'dummy'])
  if (status !== 0) await must('ip', 'link', 'add', interfaceName, 'type', 'bridge')
}

/** The network plugins remember each pod's network here; a pod that was killed with its node is never taken down in order. */
async function forgetPodNetworks(folder = '/var/lib/cni/results'): Promise<void> {
  const names = await readdir(folder).catch(() => [])
  const pods = names.flatMap((name) => /^streamforge-([0-9a-f]{64})-/.exec(name)?.[1] ?? [])
  await Promise.all(names.filter((name) => pods.some((pod) => name.includes(pod))).map((name) => rm(join(folder, name), { force: true })))
}

async function saveKernelSettings(directory: string): Promise<void> {
  const values = await Promise.all(kernelSettings.map(async (name) => [name, await readFile(join('/proc/sys', name), 'utf8').catch(() => undefined)] as const))
  await mkdir(directory, { recursive: true })
  // Kept when there: after a crash the first values are the machine's own.
  await writeFile(join(directory, 'kernel-settings.json'), JSON.stringify(Object.fromEntries(values)), { flag: 'wx' }).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'EEXIST') throw error
  })
}

async function restoreKernelSettings(directory: string): Promise<void> {
  const path = join(directory, 'kernel-settings.json')
  const saved = await readFile(path, 'utf8').then((text) => JSON.parse(text) as Record<string, string>, () => ({}))
  for (const [name, value] of Object.entries(saved)) await writeFile(join('/proc/sys', name), value).catch(() => {})
  await rm(path, { force: true })
}

async function must(program: string, ...args: string[]): Promise<void> {
  const { status, output } = await runToEnd(program, args)
  if (status !== 0) throw new Error(`${program} ${args.join(' ')} failed: ${output.trim().slice(-500)}`)
}
