import { z } from 'zod'
import { Epoch } from './records.ts'

/** Who holds a lease: a process, so that others on its machine see at once that it is gone. */
export const LeaseHolder = z.strictObject({
  instance: z.string().min(1).max(100).describe('Of this one start of the process'),
  host: z.string().max(300),
  pid: z.int().positive(),
  started_at: z.string().max(100).describe("The process's start, as its machine counts it; empty where it does not tell"),
})
export type LeaseHolder = z.infer<typeof LeaseHolder>

/** The document of a lease in the collection `leases`, under what it is for. */
export const StoredLease = z.strictObject({
  _key: z.string().min(1).max(200),
  version: z.int().positive().describe('Grows with every write: one that stays the same for ttl_ms has lost its holder'),
  epoch: z.int().positive().describe('Grows with every new holder: what an earlier one writes is told by its number'),
  holder: LeaseHolder,
  ttl_ms: z.int().positive(),
  acquired_at: Epoch,
  renewed_at: Epoch.describe("By the holder's clock, for people: nobody decides by it"),
  released: z.boolean(),
})
export type StoredLease = z.infer<typeof StoredLease>

export const leasesCollection = 'leases'
