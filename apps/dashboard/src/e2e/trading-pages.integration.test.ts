import { backtestsCollection, type WorkflowRequestInput } from '@streamforge/contracts'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openDashboard, type DashboardScenario } from '../dashboard-scenario.ts'
import { answerFeedCommands, createControlTopic, feedText, storeFeeds, storeNews, type FeedAnswerer } from '../feeds-scenario.ts'
import { agentRun, part, runId, storeBacktests } from '../trading-scenario.ts'
import { webFolder } from '../web/web-folder.ts'
import { launchBrowser, watchErrors, whyNoBrowser } from './browser.ts'
import { look, sizes } from './look.ts'

const limit = 60_000

describe.skipIf(whyNoBrowser)(`trading, news and feeds in a browser${whyNoBrowser}`, () => {
  let dashboard: DashboardScenario
  let answerer: FeedAnswerer
  let browser: Browser
  let page: Page
  let complaints: readonly string[]
  beforeAll(async () => {
    const web = webFolder()
    ;[dashboard, browser] = await Promise.all([openDashboard({ web }), launchBrowser(), web])
    const { store, bus, objects } = dashboard
    await Promise.all([storeBacktests(store, objects), storeNews(store, Date.now()), storeFeeds(store, Date.now()), createControlTopic(bus)])
    answerer = await answerFeedCommands(bus, store, Date.now)
    page = await (await browser.newContext({ viewport: sizes.desktop, colorScheme: 'light', serviceWorkers: 'block', acceptDownloads: true })).newPage()
    page.setDefaultTimeout(20_000)
    // Clusters of other tests come and go on this machine meanwhile: Chromium then ends what is under way.
    complaints = watchErrors(page, /ERR_NETWORK_CHANGED/)
  }, 2 * limit)
  afterAll(async () => {
    await browser?.close()
    await answerer?.close()
    await dashboard?.close()
  }, limit)

  it('shows what an agent bought and sold beside buy and hold, and whether that can be believed', { timeout: limit }, async () => {
    await page.goto(`${dashboard.url}/trading`)
    await page.getByRole('heading', { name: /Agent \(DQN\) BTCUSDT 5m/ }).waitFor()
    const chart = page.getByRole('img', { name: /Candles of BTCUSDT, 5m, with \d+ purchases and \d+ sales of Agent/ })
    await chart.locator('canvas').first().waitFor()
    await page.getByRole('row', { name: /Sharpe ratio 1\.42 0\.32 … 2\.52/ }).waitFor()
    await page.getByRole('region', { name: 'Can it be believed?' }).getByText('900 signals are the same').waitFor()
    await page.getByRole('checkbox', { name: 'Moving averages' }).focus()
    await page.keyboard.press('Space')
    await page.getByRole('columnheader', { name: 'Moving averages' }).waitFor()
    await page.getByRole('checkbox', { name: 'RSI' }).check()
    await page.getByRole('columnheader', { name: 'RSI' }).waitFor()
    await page.getByText('Bitcoin rallies as funds report record inflows').first().waitFor()
    await look(page, 'trading')
    await page.getByRole('button', { name: /Show the sale of/ }).first().press('Enter')
    await chart.focus()
    for (const key of ['ArrowLeft', '+', '-', 'Home', 'End']) await page.keyboard.press(key)
  })

  it('gives every bar as a file', async () => {
    const [download] = await Promise.all([page.waitForEvent('download'), page.getByRole('link', { name: 'CSV of every bar' }).click()])
    expect(download.suggestedFilename()).toBe(`${runId('a1b2c3')}_dqn.csv`)
  })

  it('says what is wrong with a backtest that is not valid', { timeout: limit }, async () => {
    await page.getByLabel('Market').selectOption({ label: 'ETHUSDT 5m · binance' })
    await page.getByText('signal of bar 412 changed from hold to buy').waitFor()
    await page.getByText('3 bars are missing').waitFor()
    expect(await page.getByText('✕ not valid').count()).toBe(2)
    await page.getByLabel('Backtest', { exact: true }).selectOption({ label: 'RSI (not valid)' })
    await page.getByRole('heading', { name: /RSI ETHUSDT/ }).waitFor()
    expect(new URL(page.url()).pathname).toBe(`/trading/${runId('d4e5f6')}_rsi`)
  })

  it('asks for an agent, draws how it learns, and shows its backtest when it is there', { timeout: limit }, async () => {
    const { store } = dashboard
    let asked: WorkflowRequestInput | undefined
    const type = (name: string) => ({ type: name, description: name, source: 'api', venues: ['binance'], available: true })
    await page.route('**/api/workflow-types', (route) => route.fulfill({ json: {
      types: [type('api_candles_5m'), type('api_candles_1h')], pipelines: [{ type: 'trade_agent', description: 'an agent', stages: ['features', 'train_agent'], available: true }],
    } }))
    await page.route('**/api/workflows', (route) => {
      asked = route.request().postDataJSON() as WorkflowRequestInput
      return route.fulfill({ status: 201, json: { workflow_id: 'wf-0a0b0c' } })
    })
    await page.goto(`${dashboard.url}/trading`)
    await page.getByText('Train an agent').click()
    expect(await page.getByLabel('Symbol', { exact: true }).inputValue()).toBe('BTCUSDT')
    await page.getByText('Capital, costs and training').click()
    await page.getByLabel('Steps of training').fill('5')
    await page.getByRole('button', { name: 'Train and backtest' }).click()
    await page.getByText('Steps of training: a number from 100 to').waitFor()
    expect(asked).toBeUndefined()
    await page.getByLabel('Steps of training').fill('5000')
    await page.getByLabel('Interval').selectOption('1h')
    await look(page, 'trading-form')
    await page.getByRole('button', { name: 'Train and backtest' }).click()
    await page.getByRole('link', { name: 'wf-0a0b0c' }).waitFor()
    expect(asked).toMatchObject({ symbols: ['BTCUSDT'], types: ['api_candles_1h'], pipeline: { type: 'trade_agent', agent: { steps: 5_000 } } })

    const running = { ...agentRun('BTCUSDT', '0a0b0c', 'running', 3) }
    await store.writeBatch('training_runs', [running])
    await page.getByRole('img', { name: /loss after part 3 of 12/ }).waitFor()
    await store.writeBatch('training_runs', [{ ...running, epochs: [...running.epochs, part(4)] }])
    await page.getByRole('img', { name: /loss after part 4 of 12/ }).waitFor()
    await look(page, 'trading-learning')
    const stored = (await store.get(backtestsCollection, `${runId('a1b2c3')}_dqn`))!
    await store.writeBatch(backtestsCollection, [{ ...stored, _key: `${runId('0a0b0c')}_dqn`, run_id: runId('0a0b0c'), workflow_id: 'wf-0a0b0c', created_at: Number(stored['created_at']) + 90_000 }])
    await page.waitForURL(`**/trading/${runId('0a0b0c')}_dqn`)
    expect(await page.getByRole('link', { name: 'wf-0a0b0c' }).count()).toBe(0)
  })

  it('lists the news of 15 days with what it says of whom and who judged so, and each symbol day by day', { timeout: limit }, async () => {
    await page.goto(`${dashboard.url}/news`)
    // Soon after midnight the only article of the day is the one that is not judged yet.
    await page.getByRole('img', { name: /Sentiment of BTCUSDT, day by day: \d+ judgements on 1[45] of 15 days/ }).waitFor()
    expect(await page.getByText('not judged yet').count()).toBe(1)
    await page.getByText('by lexicon 1.0.0').first().waitFor()
    await look(page, 'news')
    await page.getByLabel('Symbol').selectOption('ETHUSDT')
    await expect.poll(() => page.getByRole('img', { name: /^Sentiment of/ }).count()).toBe(1)
    expect(new URL(page.url()).pathname).toBe('/news/ETHUSDT')
    await page.getByLabel('Symbol').selectOption('MARKET')
    await page.getByRole('img', { name: /Sentiment of the market as a whole/ }).waitFor()
  })

  it('shows how fetchers do, pauses and runs them', { timeout: limit }, async () => {
    await page.goto(`${dashboard.url}/feeds`)
    await page.getByRole('row', { name: /us-stocks .* failing .* 2 in a row/ }).waitFor()
    await page.getByRole('button', { name: 'Pause crypto-ticker' }).press('Enter')
    await page.getByText('crypto-ticker is paused.').waitFor()
    await page.getByRole('button', { name: 'Resume crypto-ticker' }).press('Enter')
    await page.getByText('crypto-ticker goes on.').waitFor()
    await page.getByRole('button', { name: 'Run crypto-ticker now' }).click()
    await page.getByRole('row', { name: /crypto-ticker .* running/ }).waitFor()
    expect(answerer.heard.map(({ command }) => command)).toEqual(['pause', 'resume', 'run_now'])
    await page.getByRole('link', { name: 'us-stocks' }).click()
    const detail = page.getByRole('region', { name: 'us-stocks' })
    await detail.getByText('quotes.example did not answer within 10 s').first().waitFor()
    await page.getByRole('link', { name: 'crypto-ticker' }).click()
    await page.getByRole('img', { name: /Latency of the last 20 runs/ }).waitFor()
    await look(page, 'feeds')
    await page.getByLabel('Find fetchers').fill('msft')
    await expect.poll(() => page.getByRole('row').filter({ hasText: 'crypto-ticker' }).count()).toBe(0)
  })

  it('tries a changed feed.yaml out before it is put in force, and says where it is wrong', { timeout: limit }, async () => {
    await page.getByRole('link', { name: 'Edit feed.yaml' }).first().click()
    const text = page.getByRole('textbox', { name: 'feed.yaml' })
    await expect.poll(() => text.inputValue()).toBe(feedText)
    await text.fill(feedText.replace('interval: 10s', 'interval: often'))
    await page.getByRole('button', { name: 'Save' }).click()
    await page.getByRole('button', { name: 'Line 3' }).press('Enter')
    expect(await page.evaluate<string>("(() => { const area = document.getElementById('file-text'); return area.value.slice(area.selectionStart, area.selectionEnd) })()")).toBe('    interval: often')
    await text.fill(feedText.replace('interval: 10s', 'interval: 30s'))
    await page.getByLabel('Try').selectOption('crypto-ticker')
    await page.getByRole('button', { name: 'Dry run' }).click()
    await page.getByRole('cell', { name: '42150.5' }).waitFor()
    await page.getByText('this text has been tried').waitFor()
    await look(page, 'feeds-editor')
    await page.getByRole('button', { name: 'Save' }).click()
    await page.getByText('feed.yaml is in force, version 5.').waitFor()
    await expect.poll(() => text.inputValue()).toContain('interval: 30s')

    const file = (await dashboard.store.get('feed_files', 'current'))!
    await dashboard.store.writeBatch('feed_files', [{ ...file, version: 9, text: 'feeds: []\n' }])
    await page.getByRole('button', { name: 'Save' }).click()
    await page.getByRole('button', { name: 'Read theirs' }).click()
    await expect.poll(() => text.inputValue()).toBe('feeds: []\n')
  })

  it('had nothing to complain about', () => expect(complaints).toEqual([]))
})
