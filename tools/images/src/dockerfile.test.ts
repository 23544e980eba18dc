import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { expect, test } from 'vitest'
import { imageApps } from './image-apps.ts'

const root = resolve(import.meta.dirname, '../../..')
const dockerfile = readFileSync(join(root, 'docker/Dockerfile'), 'utf8')

test("the Dockerfile copies every workspace's manifest before it installs", () => {
  const workspaces = ['apps', 'libs', 'tools'].flatMap((kind) => readdirSync(join(root, kind)).map((name) => `${kind}/${name}`)).filter((path) => existsSync(join(root, path, 'package.json')))
  const copied = [...dockerfile.matchAll(/^COPY (\S+)\/package\.json \1\/$/gm)].map((match) => match[1])
  expect(copied).toEqual(workspaces.sort())
})

test('an image runs its app as nobody in particular, with the flags of the laptop', () => {
  const flags = readFileSync(join(root, 'libs/launcher/src/node-command.ts'), 'utf8').match(/'--[\w-]+=\w+'/g)!.map((flag) => flag.slice(1, -1))
  const entrypoint = JSON.parse(/^ENTRYPOINT (.*)$/m.exec(dockerfile)![1]!) as string[]
  expect(flags.length).toBeGreaterThan(2)
  expect(entrypoint).toEqual(expect.arrayContaining(['node', ...flags, '--max-semi-space-size=8', 'src/main.ts']))
  expect(dockerfile).toMatch(/^USER [1-9]\d*:[1-9]\d*$/m)
})

test('what is compiled beforehand is compiled with the flags that it runs with: V8 refuses it otherwise', () => {
  const entrypoint = JSON.parse(/^ENTRYPOINT (.*)$/m.exec(dockerfile)![1]!) as string[]
  const compiled = /NODE_COMPILE_CACHE=(\S+) (node .*) load-app\.ts$/m.exec(dockerfile)!
  expect(compiled[2]!.split(' ')).toEqual(entrypoint.slice(0, -1))
  expect(dockerfile).toMatch(new RegExp(`^ENV .*NODE_COMPILE_CACHE=${compiled[1]!}$`, 'm'))
})

test('there is an image for everything that queue-manager launches', async () => {
  const launchable = /launchableApps = \[([^\]]*)\]/.exec(readFileSync(join(root, 'apps/queue-manager/src/images.ts'), 'utf8'))![1]!.match(/[a-z-]+/g)!
  expect(await imageApps(root)).toEqual(expect.arrayContaining(launchable))
})
