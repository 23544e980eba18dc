import { mkdir, statfs } from 'node:fs/promises'
import { runToEnd } from '@streamforge/servers'

/** A file system of its own that can be made full at any moment, whatever lies on it. */
export interface SmallDisk {
  /** From now on no byte more fits. */
  fill(): Promise<void>
  free(): Promise<void>
  unmount(): Promise<void>
}

/** Undefined when this process may mount one, else why not. */
export async function whyNoDisk(): Promise<string | undefined> {
  if (process.platform !== 'linux') return 'only Linux can make a disk full by a remount'
  if (process.getuid?.() !== 0) return 'this process is not root and cannot mount a tmpfs'
  return undefined
}

/** Mounts a tmpfs on `folder`. @throws Error where {@link whyNoDisk} says why, or when the mount is refused */
export async function mountSmallDisk(folder: string, megabytes: number): Promise<SmallDisk> {
  await mkdir(folder, { recursive: true })
  await mount('-t', 'tmpfs', '-o', `size=${megabytes}m`, 'streamforge-chaos', folder)
  const resize = (size: string) => mount('-o', `remount,size=${size}`, folder)
  return {
    async fill() {
      // It cannot be made smaller than what lies on it, and that grows meanwhile.
      for (let spare = 0; ; spare += 16) {
        const { blocks, bfree, bsize } = await statfs(folder)
        const full = await resize(`${Math.ceil(((blocks - bfree) * bsize) / 1024) + spare}k`).then(() => true, () => false)
        if (full) return
        if (spare > 10_000) throw new Error(`${folder} could not be made full`)
      }
    },
    free: () => resize(`${megabytes}m`),
    async unmount() {
      await runToEnd('umount', ['-l', folder])
    },
  }
}

async function mount(...args: string[]): Promise<void> {
  const { status, output } = await runToEnd('mount', args)
  if (status !== 0) throw new Error(`mount ${args.join(' ')}: ${output}`)
}
