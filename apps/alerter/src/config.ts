import { AlertOverrides, AlertSeverity } from '@streamforge/contracts'
import { z } from 'zod'

const milliseconds = (least: number, most: number, standard: number) =>
  z.coerce.number().int().min(least).max(most).default(standard)

/** The alerter's own part of its environment; docs/ALERTS.md has the table. */
export const Config = {
  ALERT_RULES: z.string().transform((text, context) => {
    const parsed = AlertOverrides.safeParse(readJson(text))
    if (parsed.success) return parsed.data
    context.addIssue({ code: 'custom', message: 'not as described' })
    return z.NEVER
  }).optional().describe('JSON such as {"price_jump":{"above":12},"volume_spike":{"off":true}}'),
  ALERT_SERVICES: z.string().transform((text) => text.split(',').map((name) => name.trim()).filter(Boolean)).default([])
    .describe('comma-separated names of services that must answer pings'),
  ALERT_LEAST_SEVERITY: AlertSeverity.default('warning').describe('info, warning or critical: of less, nobody is told'),
  ALERT_GROUP_WAIT_MS: milliseconds(0, 3_600_000, 10_000).describe('from 0 to 3600000 ms that a first alert waits for others of its kind'),
  ALERT_GROUP_INTERVAL_MS: milliseconds(0, 86_400_000, 60_000).describe('from 0 to 86400000 ms between notices of one kind'),
  ALERT_REPEAT_MS: milliseconds(0, 604_800_000, 43_200_000).describe('from 0 to 604800000 ms after which an alert that goes on is told again; 0: never'),
  ALERT_TELEGRAM_URL: z.url({ protocol: /^https?$/ }).default('https://api.telegram.org').describe("an http or https address: Telegram's, or of a server that stands for it"),
  ALERT_TELEGRAM_CHAT: z.string().regex(/^(-?\d{1,20}|@\w{1,64})$/).optional().describe('the number of a chat, or @channel'),
  ALERT_TELEGRAM_TOKEN: z.string().optional().describe("a bot's token"),
  ALERT_TELEGRAM_TOKEN_FILE: z.string().optional().describe('a file with it'),
  ALERT_SMTP_URL: z.url({ protocol: /^smtps?$/ }).refine((url) => new URL(url).username === '' && new URL(url).password === '').optional()
    .describe('smtp://host:port, or smtps://; user and password have variables of their own'),
  ALERT_SMTP_USER: z.string().optional().describe('a user name'),
  ALERT_SMTP_PASSWORD: z.string().optional().describe('a password'),
  ALERT_SMTP_PASSWORD_FILE: z.string().optional().describe('a file with it'),
  ALERT_MAIL_FROM: z.email().optional().describe('an address'),
  ALERT_MAIL_TO: z.string().transform((text) => text.split(',').map((address) => address.trim())).pipe(z.array(z.email()).min(1)).optional()
    .describe('comma-separated addresses'),
  ALERT_WEBHOOK_URL: z.url({ protocol: /^https?$/ }).optional().describe('an http or https address'),
  ALERT_WEBHOOK_URL_FILE: z.string().optional().describe('a file with it'),
  ALERT_WEBHOOK_TOKEN: z.string().optional().describe('a bearer token'),
  ALERT_WEBHOOK_TOKEN_FILE: z.string().optional().describe('a file with it'),
}

export type AlerterConfig = z.infer<z.ZodObject<typeof Config>>

function readJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
