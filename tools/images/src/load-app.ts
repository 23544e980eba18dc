// Run while an image is built, with NODE_COMPILE_CACHE, in the app's folder: loads what the app loads at a start on a cluster, so that V8's code for it
// is in the image and a pod does not compile it again. Nothing is begun: the environment is one that every app refuses.
import { readdir, readFile } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'

const root = resolve('../..')

/** Adapters are loaded by their names, when the environment asks for them: `await import('./kafka/kafka-bus.ts')`. */
async function importedLater(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true })
  const sources = entries.filter((entry) => entry.isFile() && entry.name.endsWith('.ts')).map((entry) => join(entry.parentPath, entry.name))
  const found = await Promise.all(sources.map(async (source) => {
    const names = [...(await readFile(source, 'utf8')).matchAll(/await import\('([^']+)'\)/g)].map((match) => match[1]!)
    return names.map((name) => (name.startsWith('.') ? pathToFileURL(join(dirname(source), name)).href : name))
  }))
  return found.flat()
}

const libs = await readdir(join(root, 'libs'))
const later = (await Promise.all([...libs.map((lib) => join(root, 'libs', lib, 'src')), resolve('src')].map(importedLater))).flat()
for (const name of new Set(later)) {
  // An image has those adapters only whose packages its app names.
  await import(name).catch((error: NodeJS.ErrnoException) => process.stdout.write(`left out ${name}: ${error.code ?? error.message}\n`))
}
Object.assign(process.env, { LOG_LEVEL: 'none', PORT: 'none' })
process.on('exit', (code) => {
  // Of a bad environment, which is what was asked for.
  process.exitCode = code === 78 || code === 1 ? 0 : 1
})
await import(pathToFileURL(resolve('src/main.ts')).href)
