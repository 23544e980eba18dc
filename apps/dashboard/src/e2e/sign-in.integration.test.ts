import { randomBytes } from 'node:crypto'
import { sha256, tokenText } from '@streamforge/access'
import type { Role } from '@streamforge/contracts'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openDashboard, type DashboardScenario } from '../dashboard-scenario.ts'
import { openTestSignIn } from '../session/sign-in-fixture.ts'
import { webFolder } from '../web/web-folder.ts'
import { launchBrowser, whyNoBrowser } from './browser.ts'
import { look, sizes } from './look.ts'

const limit = 60_000

describe.skipIf(whyNoBrowser)(`signing in, in a browser${whyNoBrowser}`, () => {
  let dashboard: DashboardScenario
  let browser: Browser
  let page: Page
  let tokenOf: (role: Role) => Promise<string>
  const complaints: string[] = []
  beforeAll(async () => {
    const env = { API_TOKEN_SHA256: sha256(tokenText(randomBytes(32))) }
    const web = webFolder()
    ;[dashboard, browser] = await Promise.all([openDashboard({ web, standingMs: 200, signIn: { env } }), launchBrowser()])
    await web
    const { access } = await openTestSignIn({ store: dashboard.store, dataDir: dashboard.directory, env })
    tokenOf = async (role) => (await access.tokens.create({ name: `a ${role}`, role, expires_in_days: 1 }, { kind: 'deployment', id: 'deployment', name: 'deployment', role: 'admin' })).token
    page = await (await browser.newContext({ viewport: sizes.desktop, colorScheme: 'light' })).newPage()
    page.setDefaultTimeout(20_000)
    page.on('pageerror', (error) => complaints.push(error.message))
    page.on('console', (message) => { if (/content security policy/i.test(message.text())) complaints.push(message.text()) })
  }, 2 * limit)
  afterAll(async () => {
    await browser?.close()
    await dashboard?.close()
  }, limit)

  const enter = async (token: string) => {
    await page.getByLabel('With an API token').fill(token)
    await page.getByRole('button', { name: 'Sign in' }).press('Enter')
  }

  it('is asked of who opens any page, and says what was wrong', { timeout: limit }, async () => {
    await page.goto(`${dashboard.url}/topics`)
    await page.getByRole('heading', { name: 'Sign in' }).waitFor()
    await look(page, 'sign-in')
    await enter(tokenText(randomBytes(32)))
    await page.getByRole('alert').getByText('is not known here').waitFor()
  })

  it('shows who looks on, and switches off what they may not do, with the reason', { timeout: limit }, async () => {
    await enter(await tokenOf('viewer'))
    await page.getByTitle('a viewer, viewer').waitFor()
    const start = page.getByRole('button', { name: 'Start', exact: true })
    await start.waitFor()
    expect(await start.isDisabled()).toBe(true)
    expect(await start.getAttribute('title')).toBe('this needs the role operator; you are viewer')
    await look(page, 'signed-in')
  })

  it('ASVS 7.4.4: ends by a button on every page, and with it what is live', { timeout: limit }, async () => {
    await page.getByRole('button', { name: 'Sign out' }).press('Enter')
    await page.getByRole('heading', { name: 'Sign in' }).waitFor()
    expect((await page.context().cookies()).map(({ name }) => name)).toEqual([])
  })

  it('lets an operator do what a viewer may not', { timeout: limit }, async () => {
    await enter(await tokenOf('operator'))
    await page.getByTitle('a operator, operator').waitFor()
    expect(await page.getByRole('button', { name: 'Start', exact: true }).isDisabled()).toBe(false)
  })

  it('asks again when the session has ended meanwhile', { timeout: limit }, async () => {
    await dashboard.store.deleteKeys('sessions', (await dashboard.store.find('sessions')).map(({ _key }) => _key))
    await page.getByRole('heading', { name: 'Sign in' }).waitFor({ timeout: 40_000 })
    expect(complaints).toEqual([])
  })
})
