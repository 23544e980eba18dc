import { canaryApps, shadowPrefix } from './canary.ts'
import { catalog, deadLetterTopic, services, type CatalogEntry } from './catalog.ts'

/** Kafka's own words; read, write and delete include describe. */
export type BusOperation = 'read' | 'write' | 'create' | 'delete' | 'describe' | 'describe_configs'

/** What a user may do with topics or groups of a name, or of names that begin with it; `*` with the pattern literal means all. */
export interface BusRule {
  resource: 'topic' | 'group'
  name: string
  pattern: 'literal' | 'prefix'
  operations: readonly BusOperation[]
}

/** One Kafka user a service; `cli` is for people, `canary` for versions of services that run as a shadow and are not trusted yet. */
export type BusUser = (typeof services)[number] | 'cli' | 'canary'

const entries: readonly CatalogEntry[] = Object.values(catalog)
const deadLetters = { resource: 'topic', name: deadLetterTopic.name, pattern: 'literal' } as const
const allTopics = { resource: 'topic', name: '*', pattern: 'literal' } as const
const allGroups = { resource: 'group', name: '*', pattern: 'literal' } as const
/** Data topics have the names of their queues, which all begin like this. */
const queues = { resource: 'topic', name: 'wf-', pattern: 'prefix' } as const
const shadows = { resource: 'topic', name: shadowPrefix, pattern: 'prefix' } as const

/** What reading is for the bus port: it also asks for the ends of a topic and how long it keeps messages. */
const look = ['read', 'describe_configs'] as const
const send = ['write', 'describe_configs'] as const

/** Beyond what the catalog says of everybody. */
const further: Readonly<Partial<Record<BusUser, readonly BusRule[]>>> = {
  'queue-manager': [
    // It makes topics, and deletes those of queues, and of live ones what all groups have had: it must not overlook one.
    ...entries.filter((e) => !isOfQueues(e)).map((e): BusRule => ({ ...resourceOf(e), operations: ['create', 'describe', 'describe_configs'] })),
    { ...deadLetters, operations: ['create', 'describe', 'describe_configs'] },
    { ...queues, operations: ['create', 'delete', 'describe_configs'] },
    { ...allGroups, operations: ['describe'] },
    // A replay reads everything anew.
    { resource: 'group', name: 'arango-connector.', pattern: 'prefix', operations: ['delete'] },
  ],
  'arango-connector': [{ ...deadLetters, operations: look }],
  alerter: [{ ...deadLetters, operations: look }, { ...allTopics, operations: ['describe'] }, { ...allGroups, operations: ['describe'] }],
  dashboard: people(),
  // Whoever tries a version makes its topic, and takes away what was its own.
  cli: [...people(), { ...shadows, operations: ['create', 'delete', 'describe_configs'] }, ...shadowGroups().map((group): BusRule => ({ ...group, operations: ['delete'] }))],
  canary: shadow(),
}

/** Those through whom people look into every topic, and put dead letters back where they came from. */
function people(): BusRule[] {
  const sources = entries.filter((e) => Object.keys(e.groups).length > 0)
  return [
    { ...allTopics, operations: look }, { ...allGroups, operations: ['describe'] }, { ...deadLetters, operations: ['write'] },
    ...sources.map((e): BusRule => ({ ...resourceOf(e), operations: ['write'] })),
  ]
}

/** It reads what the versions that are trusted read and reports as they do; its records and its groups are its own. */
function shadow(): BusRule[] {
  const read = entries.filter((e) => canaryApps.some((app) => e.consumers.includes(app)))
  const reported = entries.filter((e) => !isOfQueues(e) && canaryApps.some((app) => e.publishers.includes(app)))
  return [
    ...read.map((e): BusRule => ({ ...resourceOf(e), operations: look })), ...reported.map((e): BusRule => ({ ...resourceOf(e), operations: send })),
    { ...shadows, operations: [...look, ...send] }, { ...deadLetters, operations: [...look, ...send] },
    ...shadowGroups().map((group): BusRule => ({ ...group, operations: ['read', 'delete'] })),
  ]
}

/** `processor.canary-`, ...: those of queues, of the services that can run as a shadow. */
function shadowGroups(): Omit<BusRule, 'operations'>[] {
  const groups = entries.flatMap((e) => canaryApps.flatMap((app) => e.groups[app] ?? []))
  return groups.map((group) => ({ resource: 'group', name: `${group.split('{')[0]!}${shadowPrefix}`, pattern: 'prefix' }))
}

/** The least that each user of the bus needs, from the catalog; nothing is allowed that is not here. */
export function busAccess(): Record<BusUser, BusRule[]> {
  return Object.fromEntries(([...services, 'cli', 'canary'] as const).map((user) => [user, merge([...fromCatalog(user), ...(further[user] ?? [])])])) as Record<BusUser, BusRule[]>
}

function fromCatalog(user: BusUser): BusRule[] {
  return entries.flatMap((e): BusRule[] => {
    const groups = e.groups[user] ?? []
    return [
      ...(e.publishers.includes(user) ? [{ ...resourceOf(e), operations: send }] : []),
      ...(e.consumers.includes(user) ? [{ ...resourceOf(e), operations: look }] : []),
      ...groups.map(groupRule),
      // What it cannot handle.
      ...(groups.length > 0 ? [{ ...deadLetters, operations: send }] : []),
    ]
  })
}

function isOfQueues({ topic }: CatalogEntry): boolean {
  return topic.includes('{')
}

function resourceOf(entry: CatalogEntry): Omit<BusRule, 'operations'> {
  return isOfQueues(entry) ? queues : { resource: 'topic', name: entry.topic, pattern: 'literal' }
}

/** A group of a queue is deleted by who made it, with the queue. */
function groupRule(group: string): BusRule {
  const [prefix, ofQueue] = group.split('{')
  return ofQueue === undefined
    ? { resource: 'group', name: group, pattern: 'literal', operations: ['read'] }
    : { resource: 'group', name: prefix!, pattern: 'prefix', operations: ['read', 'delete'] }
}

const identity = ({ resource, name, pattern }: BusRule) => `${resource} ${name} ${pattern}`

/** One rule a resource, in the order of their names. */
function merge(rules: readonly BusRule[]): BusRule[] {
  const byResource = Map.groupBy(rules, identity)
  return [...byResource.values()].map((same) => ({ ...same[0]!, operations: [...new Set(same.flatMap(({ operations }) => operations))].sort() }))
    .sort((a, b) => (identity(a) < identity(b) ? -1 : 1))
}
