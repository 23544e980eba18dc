import { NewsAnswer } from '@streamforge/contracts'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openDashboard, type DashboardScenario } from '../../dashboard-scenario.ts'
import { storeNews } from '../../feeds-scenario.ts'

describe('news', () => {
  let dashboard: DashboardScenario
  beforeAll(async () => { dashboard = await openDashboard() })
  afterAll(() => dashboard.close())
  const news = async (query = '') => NewsAnswer.parse(await dashboard.get(`/api/news${query}`))

  it('are none before some have come', async () => expect(await news()).toMatchObject({ articles: [], daily: [], symbols: [], more: false }))

  it('are those of the last 15 days, the newest first, with who judged them', async () => {
    await storeNews(dashboard.store, Date.now())
    const { articles, daily, symbols, from, to } = await news()
    expect(articles).toHaveLength(60)
    const times = articles.map(({ article }) => article.published_at)
    expect(times).toEqual(times.toSorted((a, b) => b - a))
    expect(articles[0]!.sentiments).toEqual([])
    expect(articles[2]!.sentiments.map((s) => [s.symbol, s.scorer])).toEqual([['BTCUSDT', 'lexicon'], ['ETHUSDT', 'lexicon']])
    expect(symbols).toEqual(['BTCUSDT', 'ETHUSDT', 'MARKET'])
    expect(to - from).toBe(15 * 86_400_000)
    expect(daily.length).toBeGreaterThan(30)
  })

  it('are those of a symbol, judged for it alone; MARKET has those that name none', async () => {
    const of = await news('?symbol=ETHUSDT&limit=5')
    expect([of.articles.length, of.more]).toEqual([5, true])
    expect(of.articles.every(({ article, sentiments }) => article.symbols.includes('ETHUSDT') && sentiments.every((s) => s.symbol === 'ETHUSDT'))).toBe(true)
    expect(new Set(of.daily.map(({ symbol }) => symbol))).toEqual(new Set(['ETHUSDT']))
    expect(of.symbols).toContain('BTCUSDT')
    const market = await news('?symbol=MARKET')
    expect(market.articles).toHaveLength(15)
    expect(market.articles.every(({ article }) => article.symbols.length === 0)).toBe(true)
    expect((await news('?days=2')).articles.length).toBeLessThan(20)
    expect(await dashboard.get('/api/news?symbol=btc')).toMatchObject({ status: 400 })
  })
})
