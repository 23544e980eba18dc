import { z } from 'zod'

/** The store server's own part of its environment; docs/ARCHITECTURE.md has what every service reads. It serves `<DATA_DIR>/store.db`. */
export const Config = {
  PORT: z.coerce.number().int().min(0).max(65_535).default(8087).describe('a port from 0 to 65535; 0 takes a free one'),
  HOST: z.string().min(1).default('127.0.0.1').describe('an address to listen on, such as 127.0.0.1 or 0.0.0.0'),
  STORE_TOKEN: z.string().min(16).max(1000).regex(/^[\x21-\x7e]+$/).describe('a token of at least 16 visible characters, the same for server and services'),
}
