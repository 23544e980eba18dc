import { readdir, readFile, readlink, rm, rmdir } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { runToEnd } from '../run-to-end.ts'

const groupsRoot = '/sys/fs/cgroup'
const giveUpMs = 5_000

/** Kills what outlives containerd: its shims, and whatever runs in the kubelet's control groups. Resolves when they are gone. */
export async function killLeftProcesses(socket: string): Promise<void> {
  const giveUp = performance.now() + giveUpMs
  for (let left = await leftProcesses(socket); left.length > 0 && performance.now() < giveUp; left = await leftProcesses(socket)) {
    for (const pid of left) killIfAlive(pid)
    await delay(50)
  }
}

async function leftProcesses(socket: string): Promise<number[]> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name)).map(Number)
  const shims = await Promise.all(pids.map(async (pid) => {
    const command = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')
    return command.includes('containerd-shim') && command.split('\0').includes(socket)
  }))
  return [...pids.filter((_, index) => shims[index]), ...(await contained(join(groupsRoot, 'pids/kubepods'))), ...(await contained(join(groupsRoot, 'kubepods')))]
}

async function contained(group: string): Promise<number[]> {
  const own = (await readFile(join(group, 'cgroup.procs'), 'utf8').catch(() => '')).split('\n').filter(Boolean).map(Number)
  const entries = await readdir(group, { withFileTypes: true }).catch(() => [])
  const inner = await Promise.all(entries.filter((entry) => entry.isDirectory()).map((entry) => contained(join(group, entry.name))))
  return [...own, ...inner.flat()]
}

function killIfAlive(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
  }
}

/** Unmounts these folders and everything below them, the innermost first. */
export async function unmountBelow(...folders: string[]): Promise<void> {
  const mounts = (await readFile('/proc/self/mounts', 'utf8')).split('\n').map((line) => (line.split(' ')[1] ?? '').replace(/\\040/g, ' '))
  const ours = mounts.filter((path) => folders.some((folder) => path === folder || path.startsWith(`${folder}/`)))
  for (const path of ours.reverse()) await runToEnd('umount', ['--lazy', path])
}

/** Removes the control groups that the kubelet made, which are empty when the containers are gone. */
export async function removeControlGroups(root = groupsRoot): Promise<void> {
  const hierarchies = [root, ...(await readdir(root, { withFileTypes: true })).filter((entry) => entry.isDirectory()).map((entry) => join(root, entry.name))]
  for (const hierarchy of hierarchies) await removeGroup(join(hierarchy, 'kubepods'))
}

async function removeGroup(folder: string): Promise<void> {
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => [])
  for (const entry of entries) if (entry.isDirectory()) await removeGroup(join(folder, entry.name))
  await rmdir(folder).catch(() => {})
}

/** Removes the links to pods' logs that the kubelet makes in a folder of its own choice, and the folders that it and containerd leave empty. */
export async function removeTraces(podLogs: string, links = '/var/log/containers'): Promise<void> {
  for (const name of await readdir(links).catch(() => [])) {
    const target = await readlink(join(links, name)).catch(() => '')
    if (target.startsWith(`${podLogs}/`)) await rm(join(links, name))
  }
  await rm('/var/lib/kubelet/device-plugins/kubelet.sock', { force: true })
  for (const folder of ['/var/log/containers', '/var/lib/kubelet/device-plugins', '/var/lib/kubelet', '/run/containerd/runc/k8s.io', '/run/containerd/runc', '/run/containerd/s', '/run/containerd']) {
    await rmdir(folder).catch(() => {})
  }
}
