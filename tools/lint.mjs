#!/usr/bin/env node
// Lints the whole tree by one eslint for each half of it: by Nx there would be one for every project, and each would read the types of
// the libraries below it anew, which is most of the work. `npm run lint -- libs/bus` lints that; `nx affected -t lint` what has changed.
import { spawn } from 'node:child_process'
import { dirname, join } from 'node:path'
import { createRequire } from 'node:module'

const require = createRequire(import.meta.url)
const named = process.argv.slice(2)
const parts = named.length > 0 ? [named] : [['apps'], ['libs', 'tools']]

// Borders between layers are read from Nx's graph of the projects: without this eslint would take it as the last command of Nx left it, or skip the rule.
if (await run('nx', ['show', 'projects'], 'ignore')) fail("Nx could not read the projects: 'npx nx show projects' says why.")
const statuses = await Promise.all(parts.map((folders) => run('eslint', ['--max-warnings', '0', ...folders])))
process.exitCode = statuses.some((status) => status !== 0) ? 1 : 0

function run(name, args, output = 'inherit') {
  const manifest = require.resolve(`${name}/package.json`)
  const { bin } = require(manifest)
  const child = spawn(process.execPath, [join(dirname(manifest), typeof bin === 'string' ? bin : bin[name]), ...args], { stdio: ['ignore', output, 'inherit'] })
  return new Promise((resolve) => child.on('exit', (status) => resolve(status ?? 1)))
}

function fail(message) {
  process.stderr.write(`${message}\n`)
  process.exit(1)
}
