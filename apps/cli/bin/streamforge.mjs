#!/usr/bin/env node
// The installed command: hands over to tools/run.mjs, which finds Node 24.
process.argv.splice(2, 0, 'apps/cli/src/main.ts')
await import(new URL('../../../tools/run.mjs', import.meta.url))
