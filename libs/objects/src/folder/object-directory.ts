import { randomUUID } from 'node:crypto'
import { open, mkdir, readdir, readFile, rename, rm, rmdir, stat, type FileHandle } from 'node:fs/promises'
import { dirname, join, relative } from 'node:path'
import type { ObjectInfo } from '../objects.ts'

/**
 * An object named `a/b` is a directory `a/b` with a content file and a pointer, `object#.json`, which names the content file and describes
 * it. A new version is a new content file; renaming the new pointer over the old one makes it the object. Segments of names
 * have no `#`, so `a` and `a/b` can both be objects.
 */
const POINTER = 'object#.json'
const PREFIX = 'object#'
/** What no pointer names belongs to a writer at work, or to one that died: after so long, to one that died. */
const ABANDONED_AFTER_MS = 3_600_000

export interface Pointer extends Omit<ObjectInfo, 'name'> {
  content: string
}

export const isMissing = (error: unknown) => error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ENOTDIR')

export async function readPointer(directory: string): Promise<Pointer | undefined> {
  try {
    return JSON.parse(await readFile(join(directory, POINTER), 'utf8')) as Pointer
  } catch (error) {
    if (isMissing(error)) return undefined
    throw error
  }
}

/** A new content file. Somebody who deletes the directory's last object may remove the directory meanwhile: then once more. */
export async function createContent(directory: string): Promise<{ file: string; handle: FileHandle }> {
  const file = `${PREFIX}${randomUUID()}`
  for (let attempt = 0; ; attempt++) {
    await mkdir(directory, { recursive: true })
    try {
      return { file, handle: await open(join(directory, file), 'wx') }
    } catch (error) {
      if (!isMissing(error) || attempt === 10) throw error
    }
  }
}

export async function writePointer(directory: string, pointer: Pointer): Promise<void> {
  const temporary = join(directory, `${PREFIX}${randomUUID()}.tmp`)
  const handle = await open(temporary, 'wx')
  try {
    await handle.writeFile(JSON.stringify(pointer))
    await handle.sync()
  } finally {
    await handle.close()
  }
  await rename(temporary, join(directory, POINTER))
}

export const removeContent = (directory: string, file: string) => rm(join(directory, file), { force: true })
export const removePointer = (directory: string) => rm(join(directory, POINTER), { force: true })

/** Removes what writers that died have left. */
export async function removeAbandoned(directory: string, keep: string | undefined, now: number): Promise<void> {
  for (const file of await listDirectory(directory)) {
    if (!file.startsWith(PREFIX) || file === POINTER || file === keep) continue
    const modifiedAt = await stat(join(directory, file)).then(({ mtimeMs }) => mtimeMs, () => now)
    if (now - modifiedAt > ABANDONED_AFTER_MS) await removeContent(directory, file)
  }
}

/** Removes a directory and those above it, up to `root`, as long as they are empty. */
export async function removeEmpty(root: string, directory: string): Promise<void> {
  for (let at = directory; relative(root, at) !== ''; at = dirname(at)) {
    try {
      await rmdir(at)
    } catch {
      return
    }
  }
}

/** Entries of a directory; none when it is not there. */
export async function listDirectory(directory: string): Promise<string[]> {
  try {
    return await readdir(directory)
  } catch (error) {
    if (isMissing(error)) return []
    throw error
  }
}

/**
 * Names of the objects below `directory` that begin with `prefix`, in the order of their bytes. `base` is the part of the name that
 * the directory stands for.
 */
export async function* walkObjects(directory: string, prefix: string, base = ''): AsyncGenerator<{ name: string; pointer: Pointer }> {
  const segments = (await listDirectory(directory)).filter((entry) => !entry.includes('#'))
  // 'a-b' sorts between the object 'a' and the objects below 'a/'.
  for (const entry of segments.flatMap((segment) => [segment, `${segment}/`]).sort()) {
    const name = base + entry
    if (entry.endsWith('/')) {
      if (name.startsWith(prefix) || prefix.startsWith(name)) yield* walkObjects(join(directory, entry), prefix, name)
    } else if (name.startsWith(prefix)) {
      const pointer = await readPointer(join(directory, entry))
      if (pointer) yield { name, pointer }
    }
  }
}
