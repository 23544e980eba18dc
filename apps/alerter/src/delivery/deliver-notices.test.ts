import { writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { openScenario, type AlerterScenario } from '../alerter-fixture.ts'
import { startMailServer, startReceiver, type FakeMailServer, type FakeReceiver } from '../receivers-fixture.ts'

const series = { venue: 'binance', symbol: 'BTCUSDT', series: 'ws_trades' }
const secrets = { token: '123456:telegram-secret', hook: 'webhook-secret', path: 'path-secret', password: 'smtp-secret' }
let telegram: FakeReceiver
let hook: FakeReceiver
let mail: FakeMailServer
let scenario: AlerterScenario | undefined

beforeEach(async () => {
  [telegram, hook, mail] = await Promise.all([startReceiver(), startReceiver(), startMailServer()])
})
afterEach(async () => {
  await scenario?.close()
  scenario = undefined
  await Promise.all([telegram, hook, mail].map((server) => server.close()))
})

const open = async (env: Record<string, string>) => {
  scenario = await openScenario(env)
  scenario.set('streamforge_series_missing_records', series, 7)
  return scenario
}
const throughTelegram = () => ({ ALERT_TELEGRAM_URL: telegram.url, ALERT_TELEGRAM_CHAT: '-100123', ALERT_TELEGRAM_TOKEN: secrets.token })
const throughMail = () => ({ ALERT_SMTP_URL: mail.url, ALERT_MAIL_FROM: 'streamforge@example.org', ALERT_MAIL_TO: 'one@example.org, two@example.org' })

describe('Telegram', () => {
  it('is sent a message to the chat', async () => {
    await (await open(throughTelegram())).pass(2_000)
    expect(telegram.requests).toHaveLength(1)
    expect(telegram.requests[0]).toMatchObject({ path: `/bot${secrets.token}/sendMessage`, body: { chat_id: '-100123' } })
    expect(telegram.requests[0]!.body.text).toContain('WARNING: Gap in live data\n- 7 records of BTCUSDT on binance (ws_trades) are missing')
  })

  it('is left alone as long as it asks for', async () => {
    telegram.answer = (count) => (count === 1 ? { status: 429, headers: { 'retry-after': '30' } } : { status: 200 })
    const { pass } = await open(throughTelegram())
    await pass(30_000)
    expect(telegram.requests).toHaveLength(1)
    await pass(5_000)
    expect(telegram.requests).toHaveLength(2)
    await pass(60_000)
    expect(telegram.requests).toHaveLength(2)
  })
})

describe('mail', () => {
  it('goes to everybody, over SMTP', async () => {
    await (await open(throughMail())).pass(2_000)
    expect(mail.mails).toHaveLength(1)
    expect(mail.mails[0]).toMatch(/^To: one@example.org, two@example.org\r?$/m)
    expect(mail.mails[0]).toMatch(/^Subject: WARNING: Gap in live data\r?$/m)
    expect(mail.mails[0]).toMatch(/^Message-ID: <gap-1\.\d+\.streamforge@example.org>\r?$/m)
  })

  it('is tried again when the server is busy', async () => {
    mail.refuseWith = 451
    const { pass } = await open(throughMail())
    await pass(2_000)
    expect(mail.mails).toEqual([])
    mail.refuseWith = undefined
    await pass(10_000)
    expect(mail.mails).toHaveLength(1)
  })

  it.each([false, true])('does not give its password to a server without encryption, or with a certificate of nobody (%s)', async (starttls) => {
    const server = await startMailServer({ starttls })
    try {
      const { pass, logs } = await open({ ...throughMail(), ALERT_SMTP_URL: server.url, ALERT_SMTP_USER: 'user', ALERT_SMTP_PASSWORD: secrets.password })
      await pass(2_000)
      expect([server.mails, server.logins]).toEqual([[], []])
      expect(logs.join('')).toContain('a notice could not be delivered')
    } finally {
      await server.close()
    }
  })
})

describe('a webhook', () => {
  it('is sent the notice, with the same key when it is sent again, at growing distances', async () => {
    hook.answer = (count) => ({ status: count < 5 ? 500 : 204 })
    const { pass, clock } = await open({ ALERT_WEBHOOK_URL: hook.url, ALERT_WEBHOOK_TOKEN: secrets.hook })
    const times: number[] = []
    for (let i = 0; i < 40; i++) {
      const before = hook.requests.length
      await pass(1_000)
      if (hook.requests.length > before) times.push(clock.now)
    }
    expect(hook.requests).toHaveLength(5)
    expect(new Set(hook.requests.map(({ headers }) => headers['idempotency-key']))).toEqual(new Set(['gap-1']))
    expect(hook.requests[0]!.headers.authorization).toBe(`Bearer ${secrets.hook}`)
    const waits = times.slice(1).map((at, i) => at - times[i]!)
    expect(waits).toEqual(waits.toSorted((a, b) => a - b))
    expect(waits.at(-1)).toBeGreaterThan(waits[0]!)
  })

  it('that redirects is not followed', async () => {
    hook.answer = () => ({ status: 302, headers: { location: telegram.url } })
    await (await open({ ALERT_WEBHOOK_URL: hook.url, ALERT_WEBHOOK_TOKEN: secrets.hook })).pass(3_000)
    expect(telegram.requests).toEqual([])
    expect(hook.requests).toHaveLength(1)
  })

  it('that never takes a notice has it for a day', async () => {
    hook.answer = () => ({ status: 500 })
    const { clock, alerter, store } = await open({ ALERT_WEBHOOK_URL: hook.url })
    for (let hours = 0; hours < 26; hours++) {
      clock.now += 3_600_000
      await alerter().evaluate()
      await alerter().deliver()
    }
    expect(hook.requests.length).toBeGreaterThan(20)
    expect((await store.get('alert_groups', 'gap'))!.outbox).not.toContainEqual(expect.objectContaining({ notice: expect.objectContaining({ id: 'gap-1' }) }))
  })
})

describe('channels', () => {
  it('do not wait for each other', async () => {
    hook.answer = () => ({ status: 500 })
    await (await open({ ...throughTelegram(), ...throughMail(), ALERT_WEBHOOK_URL: hook.url })).pass(3_000)
    expect([telegram.requests.length, mail.mails.length]).toEqual([1, 1])
  })

  it('that are described by halves are refused', async () => {
    await expect(openScenario({ ALERT_TELEGRAM_CHAT: '1' })).rejects.toMatchObject({ code: 'BAD_CONFIG', message: expect.stringContaining('ALERT_TELEGRAM_TOKEN') })
    await expect(openScenario({ ALERT_SMTP_URL: 'smtp://user:secret@127.0.0.1' })).rejects.toMatchObject({ code: 'BAD_CONFIG' })
    await expect(openScenario({ ALERT_WEBHOOK_URL_FILE: '/no/such/file' })).rejects.toMatchObject({ code: 'BAD_CONFIG' })
  })
})

describe('secrets', () => {
  it('come from files, and are in no log, no error and no document, however it fails', async () => {
    const file = join(tmpdir(), `sf-alerter-token-${process.pid}-${Date.now()}`)
    await writeFile(file, `${secrets.token}\n`, { mode: 0o600 })
    for (const status of [400, 401, 404, 429, 500]) {
      telegram.answer = () => ({ status })
      hook.answer = () => ({ status })
      mail.refuseWith = 554
      await open({
        ...throughMail(), ALERT_TELEGRAM_URL: telegram.url, ALERT_TELEGRAM_CHAT: '1', ALERT_TELEGRAM_TOKEN_FILE: file,
        ALERT_WEBHOOK_URL: `${hook.url}/${secrets.path}`, ALERT_WEBHOOK_TOKEN: secrets.hook,
      })
      await scenario!.pass(3_000)
      const documents = [...await scenario!.store.find('alerts'), ...await scenario!.store.find('alert_groups')]
      const seen = scenario!.logs.join('') + JSON.stringify(documents) + await scenario!.registry.metrics()
      expect(seen).toContain('a notice could not be delivered')
      expect(Object.values(secrets).filter((secret) => seen.includes(secret))).toEqual([])
      await scenario!.close()
    }
    scenario = await openScenario({ ALERT_TELEGRAM_URL: 'http://127.0.0.1:1', ALERT_TELEGRAM_CHAT: '1', ALERT_TELEGRAM_TOKEN_FILE: file })
    scenario.set('streamforge_series_missing_records', series, 7)
    await scenario.pass(2_000)
    expect(scenario.logs.join('')).toContain('Telegram did not answer')
    expect(scenario.logs.join('')).not.toContain(secrets.token)
    expect(telegram.requests[0]!.path).toBe(`/bot${secrets.token}/sendMessage`)
  })
})
