import { expect, it } from 'vitest'
import { jobEnvironment } from './job-environment.ts'

it('passes everything on but what is ours alone', () => {
  const env = jobEnvironment({ BUS: 'kafka', PORT: '8080', HEALTH_PORT: '9', HOST: '0.0.0.0', UNSET: undefined, DATA_DIR: 'relative' }, '/data')
  expect(env).toEqual({ BUS: 'kafka', DATA_DIR: '/data', HEALTH_PORT: '0', NODE_COMPILE_CACHE: '/data/cache/compile' })
})

it('keeps a compile cache that is set', () => {
  expect(jobEnvironment({ NODE_COMPILE_CACHE: '/cache' }, '/data')['NODE_COMPILE_CACHE']).toBe('/cache')
})

it('has workers heard three times within the silence after which they are replaced, unless somebody says otherwise', () => {
  expect(jobEnvironment({ SILENCE_MS: '6000' }, '/data')['HEARTBEAT_MS']).toBe('2000')
  expect(jobEnvironment({ SILENCE_MS: '6000', HEARTBEAT_MS: '500' }, '/data')['HEARTBEAT_MS']).toBe('500')
})
