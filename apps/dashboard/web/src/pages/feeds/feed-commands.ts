import type { FeedAnswer, FeedAnswerReply, FeedCommandAccepted, FeedCommandRequest } from '@streamforge/contracts'
import { ApiProblem, getJson, sendJson } from '../../api.ts'

const askMs = 300
/** A dry run may take as long as its requests: their own limit is five minutes, yet nobody waits that long before a page. */
const patienceMs = 120_000

/**
 * Publishes a command and waits for what feed-fetcher makes of it.
 * @throws ApiProblem when it is refused by the server, or not answered
 */
export async function tellFeeds(command: FeedCommandRequest): Promise<FeedAnswer> {
  const { request_id: id } = (await sendJson<FeedCommandAccepted>('POST', '/api/feeds/commands', command))!
  for (const end = Date.now() + patienceMs; Date.now() < end;) {
    const { answer } = await getJson<FeedAnswerReply>(`/api/feeds/answers/${id}`)
    if (answer) return answer
    await new Promise((resolve) => setTimeout(resolve, askMs))
  }
  throw new ApiProblem({ detail: 'feed-fetcher has not answered for two minutes.', remedy: 'Is it running? It carries the command out when it is back.' })
}
