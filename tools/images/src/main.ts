// npm run images -- build [apps...] [--registry R] [--version V] [--base IMAGE] [--save FOLDER] [--load]
import { parseArgs } from 'node:util'
import { buildImages, loadImages, saveImages } from './build-images.ts'

const usage = `npm run images -- build [apps...]   builds images of all apps, or of these
  --registry NAME   default registry.example/streamforge
  --version TAG     default v0.1.0
  --base IMAGE      an image with Node and npm; default: made here of Debian's packages
  --save FOLDER     saves each as an OCI archive
  --load            loads them into the Kubernetes that runs on this machine
`
const say = (line: string) => process.stdout.write(`${line}\n`)

try {
  const { values, positionals: [command, ...apps] } = parseArgs({
    allowPositionals: true,
    options: { registry: { type: 'string' }, version: { type: 'string' }, base: { type: 'string' }, save: { type: 'string' }, load: { type: 'boolean' } },
  })
  if (command !== 'build') {
    process.stderr.write(usage)
    process.exit(2)
  }
  const { save, load, ...options } = values
  const started = performance.now()
  const images = await buildImages({ ...options, ...(apps.length > 0 ? { apps } : {}), log: say })
  say(`built ${images.length} in ${seconds(started)}`)
  if (save !== undefined) for (const archive of await saveImages(images, save)) say(archive)
  if (load) {
    const loading = performance.now()
    await loadImages(images)
    say(`loaded in ${seconds(loading)}`)
  }
} catch (error) {
  process.stderr.write(`${(error as Error).message}\n`)
  process.exitCode = 1
}

function seconds(since: number): string {
  return `${((performance.now() - since) / 1000).toFixed(1)} s`
}
