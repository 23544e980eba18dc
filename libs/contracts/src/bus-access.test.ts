import { describe, expect, it } from 'vitest'
import { busAccess, type BusOperation, type BusUser } from './bus-access.ts'
import { canaryApps, shadowQueueId } from './canary.ts'
import { catalog, deadLetterTopic, services, type CatalogEntry } from './catalog.ts'
import { dataTopic } from './names.ts'

const access = busAccess()

/** Whether some rule covers it, as a broker decides. */
function may(user: BusUser, operation: BusOperation, resource: 'topic' | 'group', name: string): boolean {
  return access[user].some((rule) => rule.resource === resource && rule.operations.includes(operation)
    && (rule.pattern === 'prefix' ? name.startsWith(rule.name) : rule.name === '*' || rule.name === name))
}
const users = Object.keys(access) as BusUser[]
const data = 'wf-btcusdt-api_trades-20240801-a1b2c3-data'
const topicOf = (entry: CatalogEntry) => entry.topic.replace('{queue_id}-data', data)

describe('access to the bus', () => {
  it('names every service, and everybody in the catalog is known', () => {
    expect(users.sort()).toEqual([...services, 'canary', 'cli'].sort())
    for (const entry of Object.values(catalog) as CatalogEntry[]) {
      for (const user of [...entry.publishers, ...entry.consumers]) expect(users).toContain(user)
      for (const user of Object.keys(entry.groups)) expect(entry.consumers, entry.name).toContain(user)
    }
  })

  it('lets write who publishes, read who consumes, and else only people, who put dead letters back', () => {
    for (const entry of Object.values(catalog) as CatalogEntry[]) {
      const people = (user: string) => user === 'dashboard' || user === 'cli'
      for (const user of users) {
        const redrives = people(user) && Object.keys(entry.groups).length > 0
        const shadows = (apps: readonly string[]) => user === 'canary' && canaryApps.some((app) => apps.includes(app))
        expect(may(user, 'write', 'topic', topicOf(entry)), `${user} writes ${entry.name}`).toBe(entry.publishers.includes(user) || redrives || (entry.name !== 'data' && shadows(entry.publishers)))
        expect(may(user, 'read', 'topic', topicOf(entry)), `${user} reads ${entry.name}`).toBe(entry.consumers.includes(user) || people(user) || shadows(entry.consumers))
      }
    }
  })

  it('gives groups to those alone whose they are', () => {
    const owner = (group: string) => users.filter((user) => may(user, 'read', 'group', group))
    expect(owner('queue-manager')).toEqual(['queue-manager'])
    expect(owner('arango-connector.wf-x')).toEqual(['arango-connector'])
    expect(owner('processor-news.wf-x')).toEqual(['processor'])
    expect(owner('influx-connector.quotes')).toEqual(['influx-connector'])
    expect(owner('anything')).toEqual([])
    expect(users.filter((user) => may(user, 'delete', 'group', 'arango-connector.wf-x')).sort()).toEqual(['arango-connector', 'queue-manager'])
  })

  it('lets nobody but queue-manager make or delete topics', () => {
    for (const topic of [data, 'queue-events', deadLetterTopic.name]) expect(users.filter((user) => may(user, 'create', 'topic', topic))).toEqual(['queue-manager'])
    expect(users.filter((user) => may(user, 'delete', 'topic', data))).toEqual(['queue-manager'])
    expect(users.filter((user) => may(user, 'delete', 'topic', 'queue-events'))).toEqual([])
  })

  it('lets a version that is not trusted write records nowhere but on a topic of its own, in groups of its own', () => {
    const own = shadowQueueId('wf-all-features_5m-20240801-a1b2c3', 'ffffff')
    expect(Object.keys(catalog).filter((name) => may('canary', 'write', 'topic', topicOf(catalog[name as keyof typeof catalog])))).toEqual(['queue-events'])
    expect((['write', 'read', 'create', 'delete'] as const).filter((operation) => may('canary', operation, 'topic', dataTopic(own)))).toEqual(['write', 'read'])
    expect((['create', 'delete'] as const).filter((operation) => may('cli', operation, 'topic', dataTopic(own)))).toEqual(['create', 'delete'])
    for (const prefix of ['processor.', 'processor-news.', 'predictor.', 'arango-connector.']) {
      expect([may('canary', 'read', 'group', prefix + own), may('cli', 'delete', 'group', prefix + own)]).toEqual([true, true])
      for (const user of ['canary', 'cli'] as const) expect([may(user, 'read', 'group', `${prefix}wf-x`), may(user, 'delete', 'group', `${prefix}wf-x`)]).toEqual([false, false])
    }
    expect(may('canary', 'read', 'group', 'influx-connector.quotes')).toBe(false)
  })

  it('lets whoever consumes in a group leave dead letters', () => {
    for (const entry of Object.values(catalog) as CatalogEntry[]) {
      for (const user of Object.keys(entry.groups) as BusUser[]) expect(may(user, 'write', 'topic', deadLetterTopic.name)).toBe(true)
    }
    expect(may('trainer', 'write', 'topic', deadLetterTopic.name)).toBe(false)
  })

  it('is ordered, one rule a resource', () => {
    for (const rules of Object.values(access)) {
      const names = rules.map(({ resource, name, pattern }) => `${resource} ${name} ${pattern}`)
      expect(names).toEqual([...new Set(names)].sort())
    }
  })
})
