import { Setting, SettingDelete, SettingDeleted, SettingKindParams, SettingList, SettingParams, SettingPut, settingValues, StreamForgeError } from '@streamforge/contracts'
import type { StoredSetting } from '@streamforge/store'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { checked } from '../problems.ts'
import type { ServerParts } from '../server.ts'
import { answer } from './answer.ts'

/** What a person keeps for the next time, each their own; where nobody signs in there is one of them: `local`. */
export function settingRoutes(app: FastifyInstance, { settings, log }: ServerParts): void {
  // Whoever may look may keep what is their own.
  const config = { needs: 'viewer' } as const
  const ownerOf = ({ caller }: FastifyRequest) => caller!.id
  app.get('/api/settings/:kind', async (request, reply) => {
    const { kind } = checked(SettingKindParams, request.params, 'params')
    const list = (await settings.list(ownerOf(request), kind)).flatMap((stored) => {
      const setting = Setting.safeParse(told(stored))
      // Of a version before or after ours: it must not hide the others.
      if (!setting.success) log.warn({ kind, name: stored.name, problem: setting.error.issues[0]?.message }, 'a setting does not have the form of its kind')
      return setting.success ? [setting.data] : []
    })
    return answer(reply, SettingList, { settings: list })
  })
  app.get('/api/settings/:kind/:name', async (request, reply) => {
    const { kind, name } = checked(SettingParams, request.params, 'params')
    const stored = await settings.get(ownerOf(request), kind, name)
    if (!stored) throw new StreamForgeError('NOT_FOUND', `there is no ${kind} '${name}'`, { remedy: `GET /api/settings/${kind} lists those that there are` })
    return answer(reply, Setting, told(stored))
  })
  app.put('/api/settings/:kind/:name', { config }, async (request, reply) => {
    const { kind, name } = checked(SettingParams, request.params, 'params')
    const { version, value } = checked(SettingPut, request.body, 'body')
    const stored = await settings.put(ownerOf(request), { kind, name, value: checked(settingValues[kind], value, 'body') }, version)
    log.info({ kind, name, version: stored.version }, 'a setting was kept')
    return answer(reply, Setting, told(stored))
  })
  app.delete('/api/settings/:kind/:name', { config }, async (request, reply) => {
    const { kind, name } = checked(SettingParams, request.params, 'params')
    const { version } = checked(SettingDelete, request.query, 'query')
    const deleted = await settings.delete(ownerOf(request), kind, name, version)
    if (deleted) log.info({ kind, name }, 'a setting was deleted')
    return answer(reply, SettingDeleted, { deleted })
  })
}

/** As it is told; whether its value fits its kind is seen by whoever answers with it. */
const told = ({ kind, name, version, updatedAt, value }: StoredSetting) => ({ kind, name, version, updated_at: updatedAt, value }) as Setting
