// node build-web.ts <folder> <key>: bundles the web part into the folder, draws its icons, and gives the service worker its list.
import { readdir, readFile, writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import react from '@vitejs/plugin-react'
import { build } from 'vite'
import { drawIcon } from './draw-icon.ts'
import { encodePng } from './encode-png.ts'

const [folder, key] = process.argv.slice(2)
if (!folder || !key) throw new Error('usage: build-web.ts <folder> <key>')
const root = resolve(import.meta.dirname, '../../web')

await build({
  root, configFile: false, logLevel: 'error', plugins: [react()], envFile: false,
  // modulePreload's helper is an inline script, which the content security policy forbids.
  build: { outDir: resolve(folder), emptyOutDir: true, target: 'es2022', modulePreload: { polyfill: false }, assetsInlineLimit: 0, chunkSizeWarningLimit: 1_000 },
})
for (const [name, size, padding] of [['icon-192.png', 192, 0], ['icon-512.png', 512, 0], ['icon-maskable-512.png', 512, 0.1]] as const) {
  await writeFile(join(folder, name), encodePng(size, drawIcon(size, padding)))
}
const worker = join(folder, 'sw.js')
const assets = (await readdir(join(folder, 'assets'))).map((name) => `/assets/${name}`)
const shell = ['/', '/theme.js', '/manifest.webmanifest', '/icon.svg', ...assets]
await writeFile(worker, (await readFile(worker, 'utf8')).replace("'__BUILD__'", JSON.stringify(key)).replace("['__SHELL__']", JSON.stringify(shell)))
