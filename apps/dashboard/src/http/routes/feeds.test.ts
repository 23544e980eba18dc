import { FeedAnswerReply, FeedFileAnswer, FeedsAnswer, FeedState } from '@streamforge/contracts'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openDashboard, type DashboardScenario } from '../../dashboard-scenario.ts'
import { answerFeedCommands, createControlTopic, feedText, storeFeeds, type FeedAnswerer } from '../../feeds-scenario.ts'

describe('feeds', () => {
  let dashboard: DashboardScenario
  let answerer: FeedAnswerer | undefined
  beforeAll(async () => { dashboard = await openDashboard() })
  afterAll(async () => {
    await answerer?.close()
    await dashboard.close()
  })
  const tell = async (body: unknown, headers: Record<string, string> = {}) => {
    const response = await fetch(`${dashboard.url}/api/feeds/commands`, { method: 'POST', headers: { 'content-type': 'application/json', ...headers }, body: JSON.stringify(body) })
    return [response.status, await response.json() as { request_id: string }] as const
  }
  const answerOf = async (id: string) => FeedAnswerReply.parse(await dashboard.get(`/api/feeds/answers/${id}`)).answer

  it('are none, and hear nothing, before feed-fetcher has run', async () => {
    expect(await dashboard.get('/api/feeds')).toEqual({ feeds: [], file: null })
    expect(await dashboard.get('/api/feeds/file')).toEqual({ file: null })
    expect(await tell({ command: 'pause', feed: 'crypto-ticker' })).toMatchObject([503, { code: 'UNAVAILABLE' }])
  })

  it('are told by name, without what feed-fetcher keeps for itself', async () => {
    await storeFeeds(dashboard.store, Date.now())
    const read = async () => FeedsAnswer.parse(await dashboard.get('/api/feeds'))
    await expect.poll(async () => (await read()).feeds.length, { timeout: 5_000 }).toBe(3)
    const { feeds, file } = await read()
    expect(feeds.map(({ name, status }) => [name, status])).toEqual([['crypto-ticker', 'waiting'], ['market-news', 'paused'], ['us-stocks', 'failing']])
    expect(file).toMatchObject({ version: 4, feeds: 3 })
    expect(FeedFileAnswer.parse(await dashboard.get('/api/feeds/file')).file!.text).toBe(feedText)
  })

  it('have their last runs each by itself', async () => {
    expect(FeedState.parse(await dashboard.get('/api/feed-states/crypto-ticker')).recent).toHaveLength(20)
    expect(await dashboard.get('/api/feed-states/nobody')).toMatchObject({ status: 404, code: 'NOT_FOUND' })
  })

  it('are told what to do, and what became of it can be asked', async () => {
    await createControlTopic(dashboard.bus)
    answerer = await answerFeedCommands(dashboard.bus, dashboard.store, Date.now)
    const [status, { request_id: id }] = await tell({ command: 'pause', feed: 'crypto-ticker' })
    expect(status).toBe(202)
    await expect.poll(() => answerOf(id)).toMatchObject({ command: 'pause', status: 'done' })
    expect(answerer.heard).toMatchObject([{ command: 'pause', feed: 'crypto-ticker', request_id: id }])
    expect(await dashboard.get('/api/feed-states/crypto-ticker')).toMatchObject({ paused: true })
    expect(await answerOf('nobody-asked')).toBeNull()
  })

  it.each([[{ command: 'delete', feed: 'a' }], [{ command: 'pause', feed: 'No Name' }], [{ command: 'set_file', text: 'x' }], [{ command: 'pause', feed: 'market-news', request_id: 'mine-mine' }]])(
    'are not told %j', async (body) => expect(await tell(body)).toMatchObject([422, { code: 'INVALID_FIELD' }]))

  it('are told nothing by pages of other sites', async () =>
    expect(await tell({ command: 'pause', feed: 'market-news' }, { origin: 'https://elsewhere.example' })).toMatchObject([403, { code: 'NOT_ALLOWED' }]))
})
