import { loadConfig } from '@streamforge/service'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { shadowEnvironment } from './shadow-user.ts'

let directory: string
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'streamforge-shadow-user-'))
  for (const user of ['cli', 'canary', 'processor']) await writeFile(join(directory, user), `of-${user}\n`)
})
afterAll(() => rm(directory, { recursive: true }))

const kafka = { BUS: 'kafka', KAFKA_BROKERS: '127.0.0.1:9092' }
const of = (env: Record<string, string | undefined>) => shadowEnvironment(env, loadConfig({}, env))

describe('a shadow on Kafka', () => {
  it('is the user canary, and is not shown where the passwords of others are', () => {
    expect(of({ ...kafka, KAFKA_SASL_PASSWORD_DIR: directory, DATA_DIR: '/data' })).toEqual({ ...kafka, DATA_DIR: '/data', KAFKA_SASL_USERNAME: 'canary', KAFKA_SASL_PASSWORD: 'of-canary' })
  })

  it('is whoever everybody is where there is one user only, or none', () => {
    for (const env of [kafka, { ...kafka, KAFKA_SASL_USERNAME: 'all', KAFKA_SASL_PASSWORD: 'secret' }, { BUS: 'embedded', KAFKA_SASL_PASSWORD_DIR: directory }]) expect(of(env)).toEqual(env)
  })

  it('is never a person, and never a user without a password', async () => {
    expect(() => of({ ...kafka, KAFKA_SASL_USERNAME: 'cli', KAFKA_SASL_PASSWORD: 'secret' })).toThrow(expect.objectContaining({ code: 'BAD_CONFIG', remedy: expect.stringContaining('KAFKA_SASL_PASSWORD_DIR') as string }))
    await rm(join(directory, 'canary'))
    expect(() => of({ ...kafka, KAFKA_SASL_PASSWORD_DIR: directory })).toThrow(expect.objectContaining({ code: 'BAD_CONFIG', message: expect.stringContaining("'canary'") as string }))
  })
})
