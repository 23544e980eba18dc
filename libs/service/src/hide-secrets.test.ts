import { Writable } from 'node:stream'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { hideSecrets, secretValues } from './hide-secrets.ts'
import { createLogger } from './logger.ts'

const env = {
  STORE_TOKEN: 'store-token-0123456789', KAFKA_SASL_PASSWORD: 'kafka"pass\\word', S3_SECRET_KEY: 's3/secret+key', POSTGRES_URL: 'postgresql://me:pg%40password@db:5432/x', LOG_LEVEL: 'trace',
  ALERT_WEBHOOK_URL: 'https://hooks.example/T000/B000/abcdefgh', FEED_SECRET_FINNHUB: 'feed-key-0123456789', DATA_DIR: '/data', KAFKA_BROKERS: 'kafka:9092',
}

/** What a service with this environment writes. */
function logged(write: (log: ReturnType<typeof createLogger>) => void, given: Record<string, string> = env): string {
  const chunks: string[] = []
  const stream = new Writable({ write: (chunk, _encoding, done) => { chunks.push(String(chunk)); done() } })
  write(createLogger({ service: 'test', level: 'trace', stream, env: given }))
  return chunks.join('')
}

describe('ASVS 16.2.5: no secret is logged', () => {
  const secrets = ['store-token-0123456789', 'kafka"pass\\word', 's3/secret+key', 'pg%40password', 'pg@password', 'https://hooks.example/T000/B000/abcdefgh', 'feed-key-0123456789']
  it.each(secrets)('%s: not as a field, deep within one, in a message, an error, its cause or an address', (secret) => {
    const cause = new Error(`connecting with ${secret} failed`)
    const text = logged((log) => {
      log.info({ anything: secret, deep: { deeper: { deepest: [secret] } }, headers: { 'x-key': secret } }, 'a message')
      log.info(`a message with ${secret}`)
      log.error({ err: new Error(`outer ${secret}`, { cause }) }, 'failed')
      log.warn({ url: `https://example.com/?q=${encodeURIComponent(secret)}` }, 'asked')
      log.child({ bound: secret }).info('bound')
    })
    expect(text.split('\n').filter(Boolean)).toHaveLength(5)
    for (const form of [secret, JSON.stringify(secret).slice(1, -1), encodeURIComponent(secret)]) expect(text).not.toContain(form)
    for (const line of text.split('\n').filter(Boolean)) JSON.parse(line)
    expect(text).toContain('[hidden]')
  })

  it.each([
    'postgresql://me:hunter22@db:5432/x', 'Authorization: Bearer abcdefgh.ijkl', 'Basic dXNlcjpwYXNz', `stf_${'a'.repeat(43)}`, `eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl`, 'https://a.example/?token=abc123&x=1', 'https://a.example/?x=1&api_key=abc123',
  ])('what looks like one is hidden, of whatever source: %s', (text) => {
    const secret = /hunter22|abcdefgh\.ijkl|dXNlcjpwYXNz|a{43}|eyJ[\w.-]+|abc123/.exec(text)![0]
    const line = logged((log) => log.info({ text }, 'a message'), {})
    expect(line).not.toContain(secret)
    expect(JSON.parse(line)).toMatchObject({ msg: 'a message' })
  })

  it('everything else is logged as it is', () => {
    expect(JSON.parse(logged((log) => log.info({ broker: 'kafka:9092', folder: '/data', url: 'http://127.0.0.1:8080/workflows?limit=2' }, 'listening'))))
      .toMatchObject({ broker: 'kafka:9092', folder: '/data', url: 'http://127.0.0.1:8080/workflows?limit=2', msg: 'listening' })
  })

  it('any value of any secret variable is found in any line', () => {
    fc.assert(fc.property(fc.string({ minLength: 6, unit: 'grapheme' }), fc.string(), fc.string(), (secret, before, after) => {
      const hide = hideSecrets(secretValues({ ANY_TOKEN: secret }))
      const line = JSON.stringify({ text: `${before}${secret}${after}` })
      fc.pre(!JSON.stringify({ text: `${before}${after}[hidden]` }).includes(JSON.stringify(secret).slice(1, -1)))
      expect(hide(line)).not.toContain(JSON.stringify(secret).slice(1, -1))
    }), { seed: 5, numRuns: 300 })
  })
})

describe('ASVS 16.4.1: nobody writes lines into a log', () => {
  it('what has newlines, control characters or JSON in it stays within its field', () => {
    fc.assert(fc.property(fc.oneof(fc.string({ unit: 'binary' }), fc.constantFrom('\n{"level":"fatal","msg":"forged"}', '\r\nforged', '\u2028forged', '\u001b[2Jforged', '"}\n{"a":"')), (text) => {
      const lines = logged((log) => log.warn({ agent: text, [text]: 1, err: new Error(text) }, text), {}).split('\n')
      expect(lines).toHaveLength(2)
      expect(lines[1]).toBe('')
      expect(lines[0]).not.toMatch(/[\u0000-\u001f]/)
      expect(JSON.parse(lines[0]!)).toMatchObject({ level: 'warn', service: 'test' })
    }), { seed: 5, numRuns: 300 })
  })
})
