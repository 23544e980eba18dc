import { randomBytes } from 'node:crypto'
import type { BusRule } from '@streamforge/contracts'
import { openCluster, type KafkaBroker, type KafkaConnection } from '../cluster.ts'
import { kafkaErrorType } from '../kafka-errors.ts'
import { retrying } from '../retry.ts'
import { aclRows, anything, principalOf, rowIdentity, type AclRow } from './acl.ts'
import { alterScramUsers } from './alter-scram-users.ts'
import { scramCredential } from './scram-credential.ts'

/** A broker's requests about access, which kafkajs has but leaves out of its types. */
interface AccessBroker extends KafkaBroker {
  createAcls(request: { acl: AclRow[] }): Promise<unknown>
  deleteAcls(request: { filters: AclRow[] }): Promise<unknown>
  describeAcls(filter: Omit<AclRow, 'resourceName' | 'host'> & { resourceName: null; host: null }): Promise<{
    resources: { resourceType: number; resourceName: string; resourcePatternType: number; acls: { principal: string; host: string; operation: number; permissionType: number }[] }[]
  }>
}

/** Users of a Kafka cluster and what they may do; for an administrator. */
export interface KafkaAccess {
  /** Makes the user, or gives it another password. It travels salted and hashed only. */
  setPassword(user: string, password: string): Promise<void>
  removeUser(user: string): Promise<void>
  /** Lets a user do what the rules say, and nothing more: other rows of it are removed. Resolves with how many came and went. */
  setRules(user: string, rules: readonly BusRule[]): Promise<{ added: number; removed: number }>
  close(): Promise<void>
}

const withinMs = 15_000

/** @throws StreamForgeError BUS_UNAVAILABLE, BAD_CONFIG */
export async function openKafkaAccess(connection: KafkaConnection, random: () => number = Math.random): Promise<KafkaAccess> {
  const cluster = await openCluster(connection, random)
  const ask = <T>(doing: string, request: (broker: AccessBroker) => Promise<T>) =>
    retrying({ doing, withinMs, random, between: () => cluster.refresh() }, async () => request(await cluster.anyBroker() as AccessBroker))
  const rowsOf = async (user: string): Promise<AclRow[]> => {
    const filter = { resourceType: anything, resourceName: null, resourcePatternType: anything, principal: principalOf(user), host: null, operation: anything, permissionType: anything }
    const { resources } = await ask(`list what '${user}' may do`, (broker) => broker.describeAcls(filter))
    return resources.flatMap(({ resourceType, resourceName, resourcePatternType, acls }) => acls.map((acl) => ({
      resourceType, resourceName, resourcePatternType, principal: acl.principal, host: acl.host, operation: acl.operation, permissionType: acl.permissionType,
    })))
  }
  return {
    async setPassword(user, password) {
      const credential = await scramCredential(password, randomBytes(32))
      await ask(`set the password of '${user}'`, (broker) => alterScramUsers(broker, { set: [{ user, credential }], remove: [] }))
    },
    async removeUser(user) {
      await ask(`remove user '${user}'`, (broker) => alterScramUsers(broker, { set: [], remove: [user] })).catch((error: unknown) => {
        if (kafkaErrorType((error as Error).cause) !== 'RESOURCE_NOT_FOUND') throw error
      })
    },
    async setRules(user, rules) {
      const [wanted, found] = [aclRows(user, rules), await rowsOf(user)]
      const [wantedIds, foundIds] = [new Set(wanted.map(rowIdentity)), new Set(found.map(rowIdentity))]
      const add = wanted.filter((row) => !foundIds.has(rowIdentity(row)))
      const remove = found.filter((row) => !wantedIds.has(rowIdentity(row)))
      if (add.length > 0) await ask(`let '${user}' do what it must`, (broker) => broker.createAcls({ acl: add }))
      if (remove.length > 0) await ask(`keep '${user}' from what it need not do`, (broker) => broker.deleteAcls({ filters: remove }))
      return { added: add.length, removed: remove.length }
    },
    close: () => cluster.close(),
  }
}
