import { existsSync } from 'node:fs'
import { chromium, type Browser, type Page } from 'playwright-core'

const candidates = [process.env['CHROMIUM'], '/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome']
const executablePath = candidates.find((path) => path !== undefined && path !== '' && existsSync(path))
const args = ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync']

/** Empty where there is a browser; else what a skipped test says. */
export const whyNoBrowser = executablePath ? '' : ' (skipped: no Chromium is installed, and CHROMIUM names none)'

/** The Chromium of this machine, or the one that CHROMIUM names. */
export const launchBrowser = (): Promise<Browser> => chromium.launch({ executablePath: executablePath!, args })

/** What a page throws and what Chromium reports as an error from now on, but for what is expected. */
export function watchErrors(page: Page, expected?: RegExp): readonly string[] {
  const errors: string[] = []
  page.on('pageerror', (error) => errors.push(error.message))
  page.on('console', (message) => { if (message.type() === 'error' && !expected?.test(message.text())) errors.push(message.text()) })
  return errors
}
