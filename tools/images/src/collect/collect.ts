// Run while an image is built, in the repository's root with everything installed: `node collect.ts <out> common` copies what every app needs,
// `node collect.ts <out> <app>` what this one needs beside that. Times are set to zero, so that the same sources make the same layers.
import { copyFile, lutimes, mkdir, readdir, readFile, symlink } from 'node:fs/promises'
import { dirname, join, relative } from 'node:path'
import { imageApps } from '../image-apps.ts'
import { commonClosure, productionClosure, type LockedPackages } from './production-closure.ts'

const [out, what] = process.argv.slice(2)
if (out === undefined || what === undefined) throw new Error('usage: collect.ts <out> common|<app>')

const { packages } = JSON.parse(await readFile('package-lock.json', 'utf8')) as { packages: LockedPackages }
const apps = await imageApps('.')
// The simulator is an exchange and shares little; it takes the shared layer with it, which costs nothing where the others are.
const services = apps.map((app) => `apps/${app}`).filter((path) => productionClosure(packages, path).has('libs/service'))
const common = commonClosure(packages, services)
const chosen = what === 'common' ? common : new Set([...productionClosure(packages, `apps/${what}`, await builtWith(what))].filter((path) => !common.has(path)))

for (const path of [...chosen].sort()) await copyPackage(path, join(out, path))
if (what === 'common') await copy('package.json', join(out, 'package.json'))
await zeroTimes(out)

/** The app's own word, in its package.json: `"streamforge": { "builtWith": [...] }`. */
async function builtWith(app: string): Promise<{ builtWith?: string[] }> {
  const { streamforge = {} } = JSON.parse(await readFile(join('apps', app, 'package.json'), 'utf8')) as { streamforge?: { builtWith?: string[] } }
  return streamforge
}

async function copyPackage(path: string, target: string): Promise<void> {
  const { link, resolved } = packages[path]!
  if (!link) return copyFolder(path, target, path.includes('node_modules/') ? isNeeded : isSource)
  await mkdir(dirname(target), { recursive: true })
  await symlink(relative(dirname(path), resolved!), target)
}

/** Packages' declarations, source maps and tests serve those who make them; what is nested has an entry of its own. */
function isNeeded(name: string): boolean {
  return name !== 'node_modules' && !/\.d\.[cm]?ts$|\.map$|\.test\.[cm]?[jt]sx?$/.test(name)
}

function isSource(name: string): boolean {
  return !['node_modules', 'tsconfig.json', '.types'].includes(name) && !/\.test\.ts$|\.tsbuildinfo$/.test(name)
}

async function copyFolder(source: string, target: string, wanted: (name: string) => boolean): Promise<void> {
  const entries = await readdir(source, { withFileTypes: true }).catch((error: NodeJS.ErrnoException) => {
    // An optional package that was not installed: made for another system.
    if (error.code === 'ENOENT') return []
    throw error
  })
  for (const entry of entries.filter(({ name }) => wanted(name))) {
    const [from, to] = [join(source, entry.name), join(target, entry.name)]
    if (entry.isDirectory()) await copyFolder(from, to, wanted)
    else if (entry.isFile()) await copy(from, to)
  }
}

async function copy(from: string, to: string): Promise<void> {
  await mkdir(dirname(to), { recursive: true })
  await copyFile(from, to)
}

async function zeroTimes(folder: string): Promise<void> {
  const entries = await readdir(folder, { withFileTypes: true, recursive: true })
  for (const entry of entries) await lutimes(join(entry.parentPath, entry.name), 0, 0)
  await lutimes(folder, 0, 0)
}
