import nx from '@nx/eslint-plugin'
import tseslint from 'typescript-eslint'

// Who may import whom. Lists grow downwards: each layer sees the ones before it.
const sees = (layer, ...layers) => ({ sourceTag: `layer:${layer}`, onlyDependOnLibsWithTags: layers.map((l) => `layer:${l}`) })
const runtimeLibs = ['contracts', 'infrastructure', 'domain', 'runtime']
// Tests may also use `more`: what starts real servers for them.
const boundaries = (...more) => ['error', {
  allow: [], banTransitiveDependencies: false, enforceBuildableLibDependency: false,
        // Nothing here is bundled: a lazy import only keeps an adapter that is not used out of memory.
        checkDynamicDependenciesExceptions: ['@streamforge/.*'],
  depConstraints: [
    sees('contracts'),
    sees('infrastructure', 'contracts', ...more),
    sees('domain', 'contracts', 'infrastructure', ...more),
    sees('runtime', 'contracts', 'infrastructure', ...more),
    sees('app', ...runtimeLibs, 'tool'),
    sees('tool', ...runtimeLibs, 'tool'),
    { sourceTag: 'layer:app', notDependOnLibsWithTags: ['layer:app'] },
  ],
}]

export default tseslint.config(
  { ignores: ['**/.types/**', '**/dist/**', '**/node_modules/**', '.cache/**'] },
  {
    files: ['**/*.ts', '**/*.tsx', '**/*.mjs'],
    extends: [tseslint.configs.recommended],
    plugins: { '@nx': nx },
    rules: {
      '@nx/enforce-module-boundaries': boundaries(),
      '@typescript-eslint/no-non-null-assertion': 'off',
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
      '@typescript-eslint/no-redeclare': 'off',
      'no-console': 'error',
      eqeqeq: ['error', 'always', { null: 'ignore' }],
      'max-lines': ['error', { max: 400, skipBlankLines: true }],
    },
  },
  { files: ['**/*.test.ts'], rules: { '@nx/enforce-module-boundaries': boundaries('tool') } },
  // The dashboard's web part runs in browsers: of this repository it sees the contracts' types only.
  {
    files: ['apps/dashboard/web/**/*.ts', 'apps/dashboard/web/**/*.tsx'],
    plugins: { '@typescript-eslint': tseslint.plugin },
    rules: { '@typescript-eslint/no-restricted-imports': ['error', { patterns: [
      { group: ['@streamforge/*', '!@streamforge/contracts'], message: 'the web part sees contracts only' },
      { group: ['@streamforge/contracts'], allowTypeImports: true, message: 'types only: the schemas stay on the server' },
    ] }] },
  },
  {
    files: ['apps/**/*.ts', 'libs/**/*.ts', 'tools/**/*.ts'],
    languageOptions: { parserOptions: { projectService: true } },
    rules: {
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/no-misused-promises': ['error', { checksVoidReturn: { arguments: false } }],
      '@typescript-eslint/switch-exhaustiveness-check': 'error',
    },
  },
)
