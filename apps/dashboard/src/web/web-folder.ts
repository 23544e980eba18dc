import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { mkdir, readdir, readFile, rename, rm } from 'node:fs/promises'
import { setPriority } from 'node:os'
import { join, relative, resolve } from 'node:path'
import { StreamForgeError } from '@streamforge/contracts'

const app = resolve(import.meta.dirname, '../..')
const repository = resolve(app, '../..')
const cache = join(repository, '.cache', 'dashboard')

/**
 * The folder of the built web part, named after the content of everything it is built from; built by a process of its own
 * (a bundler's memory is not the service's) where it is not there yet.
 * @throws StreamForgeError INTERNAL when it cannot be built
 */
export async function webFolder(): Promise<string> {
  const key = await sourcesKey()
  const folder = join(cache, key)
  if (existsSync(join(folder, 'index.html'))) return folder
  await mkdir(cache, { recursive: true })
  const building = join(cache, `${key}.${process.pid}`)
  await runBuild(building, key)
  // Whoever was faster has built the same.
  await rename(building, folder).catch(() => rm(building, { recursive: true, force: true }))
  return folder
}

async function sourcesKey(): Promise<string> {
  const hash = createHash('sha256')
  const files = [
    ...(await filesUnder(join(app, 'web'))), ...(await filesUnder(join(repository, 'libs/contracts/src'))),
    join(app, 'package.json'), ...(await filesUnder(import.meta.dirname)), join(repository, 'package-lock.json'),
  ]
  for (const file of files) hash.update(relative(repository, file)).update('\0').update(await readFile(file)).update('\0')
  return hash.digest('hex').slice(0, 16)
}

async function filesUnder(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true })
  return entries.filter((e) => e.isFile() && !e.parentPath.includes('.types') && !e.name.endsWith('.tsbuildinfo'))
    .map((e) => join(e.parentPath, e.name)).sort()
}

async function runBuild(folder: string, key: string): Promise<void> {
  // Whoever starts the service in a test has NODE_ENV=test, and would get a bundle for developers.
  const { NODE_OPTIONS: _options, ...inherited } = process.env
  const env = { ...inherited, NODE_ENV: 'production' }
  const child = spawn(process.execPath, [join(import.meta.dirname, 'build-web.ts'), folder, key], { env, stdio: ['ignore', 'ignore', 'pipe'] })
  // What loads data goes first.
  if (child.pid !== undefined) tryToLower(child.pid)
  let said = ''
  child.stderr.on('data', (chunk: Buffer) => { said = `${said}${chunk}`.slice(-4_000) })
  const code = await new Promise<number | null>((done, failed) => child.once('error', failed).once('close', done))
  if (code === 0) return
  await rm(folder, { recursive: true, force: true })
  throw new StreamForgeError('INTERNAL', `the web part could not be built (exit code ${code}): ${said}`)
}

function tryToLower(pid: number): void {
  try {
    setPriority(pid, 10)
  } catch {
    // It has ended already, or the system does not let us; it only would have been kinder.
  }
}
