import { dryRunRecords, type FeedAnswer, type FeedCommand, type FeedProblem, type FeedRun, type NewsArticle, type Quote, StreamForgeError, toStreamForgeError } from '@streamforge/contracts'
import type { Feed } from '../feed-file/feed.ts'
import type { SetFile } from '../feed-file/feed-files.ts'

/** What commands act on. */
export interface Controlled {
  readonly now: () => number
  readonly has: (feed: string) => boolean
  readonly pause: (feed: string) => Promise<void>
  readonly resume: (feed: string) => Promise<void>
  /** False: it runs already. */
  readonly runNow: (feed: string) => boolean
  readonly setFile: (text: string, expectedVersion: number) => Promise<SetFile>
  readonly read: (text: string) => { ok: true; feeds: Feed[] } | { ok: false; problems: FeedProblem[] }
  readonly tryOut: (feed: Feed) => Promise<{ run: FeedRun; records: readonly (Quote | NewsArticle)[]; rejected: readonly string[] }>
}

/** Carries a command out, and says what became of it; it never throws what is the command's own fault. */
export async function answerCommand(controlled: Controlled, command: FeedCommand): Promise<FeedAnswer> {
  const about = { _key: command.request_id, command: command.command, at: Math.floor(controlled.now()) }
  try {
    return { ...about, ...await carryOut(controlled, command) }
  } catch (thrown) {
    const error = toStreamForgeError(thrown)
    if (error.retryable) throw error
    return { ...about, status: 'refused', error: { code: error.code, message: error.message } }
  }
}

type Outcome = Pick<FeedAnswer, 'status' | 'error' | 'problems' | 'version' | 'dry_run'>
const done: Outcome = { status: 'done' }

async function carryOut(controlled: Controlled, command: FeedCommand): Promise<Outcome> {
  switch (command.command) {
    case 'pause':
      requireFeed(controlled, command.feed)
      await controlled.pause(command.feed)
      return done
    case 'resume':
      requireFeed(controlled, command.feed)
      await controlled.resume(command.feed)
      return done
    case 'run_now':
      requireFeed(controlled, command.feed)
      if (!controlled.runNow(command.feed)) throw new StreamForgeError('CONFLICT', `${command.feed} runs already`)
      return done
    case 'set_file': {
      const result = await controlled.setFile(command.text, command.expected_version)
      return result.ok ? { status: 'done', version: result.version } : invalid(result.problems)
    }
    case 'dry_run': return dryRun(controlled, command)
    default: return command satisfies never
  }
}

function requireFeed({ has }: Controlled, feed: string): void {
  if (!has(feed)) throw new StreamForgeError('NOT_FOUND', `there is no feed '${feed}'`)
}

async function dryRun({ read, tryOut }: Controlled, { text, feed: name }: Extract<FeedCommand, { command: 'dry_run' }>): Promise<Outcome> {
  const result = read(text)
  if (!result.ok) return invalid(result.problems)
  const feed = name === undefined ? result.feeds[0] : result.feeds.find((f) => f.name === name)
  if (!feed) throw new StreamForgeError('NOT_FOUND', name === undefined ? 'the text has no feed' : `the text has no feed '${name}'`)
  const { run, records, rejected } = await tryOut(feed)
  return {
    status: 'done',
    dry_run: { feed: feed.name, run, records: records.slice(0, dryRunRecords).map((record) => ({ ...record })), rejected: rejected.slice(0, 20).map((r) => r.slice(0, 500)) },
    ...(run.error && { error: run.error }),
  }
}

function invalid(problems: FeedProblem[]): Outcome {
  const first = problems[0]!
  return { status: 'refused', problems, error: { code: 'FEED_FILE_INVALID', message: `line ${first.line}, column ${first.column}: ${first.path}: ${first.message}` } }
}
