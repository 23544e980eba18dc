import { configDefaults, defineConfig, mergeConfig } from 'vitest/config'
import unit from './vitest.config.ts'

/** Tests that start real servers or Python packages, or run a whole pipeline for long: `npm run test:integration`. */
export default defineConfig({
  ...unit,
  test: {
    ...mergeConfig(unit, {}).test,
    include: ['{apps,libs,tools}/*/{src,web/src}/**/*.integration.test.ts'],
    exclude: configDefaults.exclude,
    hookTimeout: 600_000,
    reporters: process.env.CI ? ['default', ['json', { outputFile: '.cache/integration-results.json' }]] : ['default'],
  },
})
