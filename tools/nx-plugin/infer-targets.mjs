// Infers the targets of every workspace project from its package.json and tsconfig.json, so that none needs a config of its own.
import { dirname } from 'node:path'

const target = (command, extra = {}) => ({
  executor: 'nx:run-commands',
  options: { command, cwd: '{workspaceRoot}' },
  cache: true,
  inputs: ['default', '^default'],
  ...extra,
})

export const createNodesV2 = [
  '{apps,libs,tools}/*/tsconfig.json',
  (files) =>
    files.map((file) => {
      const root = dirname(file)
      return [file, { projects: { [root]: { root, targets: {
        lint: target(`node tools/run.mjs eslint --max-warnings 0 ${root}`),
        typecheck: target(`node tools/run.mjs tsc -b ${root}`),
        test: target(`node tools/run.mjs vitest run --passWithNoTests --dir ${root}`),
      } } } }]
    }),
]
