import { join } from 'node:path'
import type { Page } from 'playwright-core'
import { expect } from 'vitest'

/** A folder to look at what the pages looked like: SCREENSHOTS=/tmp/x npx vitest run apps/dashboard/src/e2e */
const screenshots = process.env['SCREENSHOTS']
/** Of a long page the top is enough. */
const pictureHeight = 1_900
export const sizes = { desktop: { width: 1280, height: 900 }, phone: { width: 360, height: 740 } }

/** Fits both sizes in both themes, with every control named; leaves pictures where they are asked for. */
export async function look(page: Page, name: string): Promise<void> {
  for (const [size, viewport] of Object.entries(sizes)) {
    for (const colorScheme of ['light', 'dark'] as const) {
      await page.setViewportSize(viewport)
      await page.emulateMedia({ colorScheme })
      await page.evaluate('scrollTo(0, 0)')
      await page.evaluate('new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn)))')
      expect(await page.evaluate<number>('document.documentElement.scrollWidth'), `${name}, ${size}`).toBeLessThanOrEqual(viewport.width)
      if (screenshots) await page.screenshot({ path: join(screenshots, `${name}-${size}-${colorScheme}.png`), fullPage: true, clip: { x: 0, y: 0, width: viewport.width, height: pictureHeight } })
    }
  }
  await page.setViewportSize(sizes.desktop)
  await page.emulateMedia({ colorScheme: 'light' })
  expect(await page.evaluate<string[]>(namelessControls), `${name}: controls, pictures and columns without a name, or ids used twice`).toEqual([])
}

/** What people who do not see the page would meet without a name. As text: the tests know no DOM. */
const namelessControls = `(() => {
  const named = (e) => e.getAttribute('aria-label') || e.getAttribute('aria-labelledby') || e.textContent.trim() || e.title || e.labels?.length
  const shown = (e) => e.checkVisibility()
  const nameless = [...document.querySelectorAll('a, button, input, select, textarea, [role=img], [role=region]')].filter((e) => shown(e) && !named(e)).map((e) => e.outerHTML.slice(0, 120))
  const columns = [...document.querySelectorAll('th')].filter((e) => shown(e) && !e.textContent.trim()).map((e) => e.outerHTML.slice(0, 120))
  const ids = [...document.querySelectorAll('[id]')].map((e) => e.id)
  const references = [...document.querySelectorAll('[aria-labelledby]')].flatMap((e) => e.getAttribute('aria-labelledby').split(' ')).filter((id) => !document.getElementById(id))
  const headings = document.querySelectorAll('h1').length === 1 ? [] : ['not one h1']
  return [...nameless, ...columns, ...ids.filter((id, i) => ids.indexOf(id) !== i), ...references, ...headings]
})()`
