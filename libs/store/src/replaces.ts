import { sameContent } from './same-content.ts'

/** Whether a document takes the place of the stored one: it says something else, and need not give way to it (see WriteOptions). */
export function replaces(document: unknown, stored: unknown, yields: string | undefined): boolean {
  if (yields !== undefined && givesWay(document, yields) && !givesWay(stored, yields)) return false
  return !sameContent(stored, document)
}

/** Whether a document calls itself a copy of less worth. */
export const givesWay = (document: unknown, yields: string): boolean => (document as Record<string, unknown>)[yields] === true
