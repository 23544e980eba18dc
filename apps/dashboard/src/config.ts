import { RateConfig } from '@streamforge/guards'
import { z } from 'zod'
import { SignInConfig } from './session/sign-in-config.ts'

/** The dashboard's own part of its environment; docs/ARCHITECTURE.md has what every service reads. */
export const Config = {
  PORT: z.coerce.number().int().min(0).max(65_535).default(8081).describe('a port from 0 to 65535; 0 takes a free one'),
  HOST: z.string().min(1).default('127.0.0.1').describe('an address to listen on, such as 127.0.0.1 or 0.0.0.0'),
  QUEUE_MANAGER_URL: z.url({ protocol: /^https?$/ }).default('http://127.0.0.1:8080').describe('an http or https address'),
  POSTGRES_URL: z.string().optional().describe('postgresql://user:password@host:5432/database, where settings are kept; absent: <DATA_DIR>/settings.db'),
  ...RateConfig,
  ...SignInConfig,
  DASHBOARD_WEB_DIR: z.string().optional().describe('a folder with the built web part; absent: built where it is missing or old'),
}
