import { readFile } from 'node:fs/promises'
import { StreamForgeError } from '@streamforge/contracts'
import type { AlerterConfig } from '../config.ts'
import type { Channel } from './channel.ts'
import { mailChannel } from './mail.ts'
import { telegramChannel } from './telegram.ts'
import { webhookChannel } from './webhook.ts'

/** The channels that the environment describes; one that is described by halves is an error. @throws StreamForgeError BAD_CONFIG */
export async function openChannels(config: AlerterConfig): Promise<Channel[]> {
  const [token, password, webhookUrl, webhookToken] = await Promise.all([
    secret(config, 'ALERT_TELEGRAM_TOKEN'), secret(config, 'ALERT_SMTP_PASSWORD'), secret(config, 'ALERT_WEBHOOK_URL'), secret(config, 'ALERT_WEBHOOK_TOKEN'),
  ])
  const { ALERT_TELEGRAM_URL: url, ALERT_TELEGRAM_CHAT: chat, ALERT_SMTP_URL: smtp, ALERT_SMTP_USER: user, ALERT_MAIL_FROM: from, ALERT_MAIL_TO: to } = config
  const channels: Channel[] = []
  if (together({ ALERT_TELEGRAM_CHAT: chat, ALERT_TELEGRAM_TOKEN: token })) channels.push(telegramChannel({ url, chat: chat!, token: token! }))
  if (together({ ALERT_SMTP_URL: smtp, ALERT_MAIL_FROM: from, ALERT_MAIL_TO: to })) {
    together({ ALERT_SMTP_USER: user, ALERT_SMTP_PASSWORD: password })
    channels.push(mailChannel({ url: smtp!, user, password, from: from!, to: to! }))
  }
  if (webhookUrl) channels.push(webhookChannel({ url: webhookUrl, token: webhookToken }))
  return channels
}

type SecretName = 'ALERT_TELEGRAM_TOKEN' | 'ALERT_SMTP_PASSWORD' | 'ALERT_WEBHOOK_URL' | 'ALERT_WEBHOOK_TOKEN'

/** From the variable, or from the file that its `_FILE` names. */
async function secret(config: AlerterConfig, name: SecretName): Promise<string | undefined> {
  const file = config[`${name}_FILE`]
  if (file === undefined) return config[name]
  const text = await readFile(file, 'utf8').catch((error: unknown) => {
    throw badConfig(`the file of ${name}_FILE cannot be read: ${String((error as NodeJS.ErrnoException).code)}`)
  })
  const value = text.trim()
  if (value === '') throw badConfig(`the file of ${name}_FILE is empty`)
  if (name === 'ALERT_WEBHOOK_URL' && !/^https?:\/\/\S+$/.test(value)) throw badConfig(`the file of ${name}_FILE has no http or https address`)
  return value
}

/** True when all are given, false when none is. @throws StreamForgeError BAD_CONFIG */
function together(values: Record<string, unknown>): boolean {
  const missing = Object.keys(values).filter((name) => values[name] === undefined)
  if (missing.length === 0) return true
  if (missing.length === Object.keys(values).length) return false
  throw badConfig(`${missing.join(' and ')} must be set too, beside ${Object.keys(values).filter((name) => values[name] !== undefined).join(' and ')}`)
}

const badConfig = (message: string) => new StreamForgeError('BAD_CONFIG', message, { remedy: 'docs/ALERTS.md lists the variables and their meaning' })
