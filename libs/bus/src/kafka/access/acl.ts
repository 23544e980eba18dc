import type { BusOperation, BusRule } from '@streamforge/contracts'

/** A row of Kafka's access control list, in the numbers of its protocol. */
export interface AclRow {
  resourceType: number
  resourceName: string
  resourcePatternType: number
  principal: string
  host: string
  operation: number
  permissionType: number
}

const resourceTypes = { topic: 2, group: 3 } as const
const patterns = { literal: 3, prefix: 4 } as const
const operations: Readonly<Record<BusOperation, number>> = { read: 3, write: 4, create: 5, delete: 6, describe: 8, describe_configs: 10 }
const allow = 3
export const anything = 1
export const anyHost = '*'
export const principalOf = (user: string) => `User:${user}`

/** The rows that let a user do what the rules say, from any host. */
export function aclRows(user: string, rules: readonly BusRule[]): AclRow[] {
  return rules.flatMap((rule) => rule.operations.map((operation) => ({
    resourceType: resourceTypes[rule.resource], resourceName: rule.name, resourcePatternType: patterns[rule.pattern],
    principal: principalOf(user), host: anyHost, operation: operations[operation], permissionType: allow,
  })))
}

export const rowIdentity = (row: AclRow) => JSON.stringify([row.resourceType, row.resourceName, row.resourcePatternType, row.principal, row.host, row.operation, row.permissionType])
