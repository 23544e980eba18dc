import type { StoredDocument } from '@streamforge/store'
import type { Audit } from './audit-records.ts'

/**
 * Audits a live queue's part of a collection that it may share with its history and with other live queues: from its own first record on, and
 * back from there over what joins it without an unexplained hole. What lies before such a hole is others' to vouch for.
 */
export function auditOwnRecords(begin: () => Audit, ownFirst: string): Audit {
  let audit = begin()
  const addBefore = (document: StoredDocument) => {
    audit.add([document])
    if (audit.lost() === 0) return
    audit = begin()
    audit.add([document])
  }
  return {
    add(documents) {
      const own = documents.findIndex(({ _key }) => _key > ownFirst)
      const before = own < 0 ? documents.length : own
      for (const document of documents.slice(0, before)) addBefore(document)
      if (before < documents.length) audit.add(documents.slice(before))
    },
    lost: () => audit.lost(),
    finish: () => audit.finish(),
  }
}
