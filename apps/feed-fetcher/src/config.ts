import { z } from 'zod'

/** feed-fetcher's own part of its environment; docs/FEEDS.md tells more, docs/ARCHITECTURE.md has what every service reads. */
export const Config = {
  FEED_FILE: z.string().optional().describe('the path of a feed.yaml'),
  FEED_RELOAD_MS: z.coerce.number().int().min(50).max(3_600_000).default(2_000).describe('from 50 to 3600000 milliseconds between looks at the file'),
  FEED_CONCURRENCY: z.coerce.number().int().min(1).max(1_000).default(32).describe('from 1 to 1000 runs at once'),
  LEASE_MS: z.coerce.number().int().min(100).max(600_000).default(5_000).describe('from 100 to 600000 milliseconds after which another feed-fetcher takes the feeds over from one that is silent'),
  FEED_ALLOW_PRIVATE: z.string().default('').describe('comma-separated hosts, host:port or networks of your own that feeds may ask'),
  FEED_SECRETS_DIR: z.string().optional().describe('a folder of secrets, one a file'),
  FEED_FILES_DIR: z.string().optional().describe('a folder whose files file: addresses may name'),
  BINANCE_REST_URL: z.url({ protocol: /^https?$/ }).default('https://api.binance.com').describe("an http or https address, what 'binance:' stands for"),
}
