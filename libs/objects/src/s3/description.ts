import { decodeValue, encodeValue, metadataPrefix } from '../metadata.ts'
import type { ObjectInfo } from '../objects.ts'

/** All objects lie below it, so that what is being put, or is somebody else's, is never listed. */
const folder = 'objects/'
/** Ends every key: MinIO lists nothing below a key that is an object's, so `a` must not lie where `a/b` needs a folder. */
const end = '!'
/** In place of the space, so that with `end`, which comes before it, keys have the order of the names. */
const space = "'"

export const keyOf = (name: string) => keyPrefix(name) + end
export const keyPrefix = (prefix: string) => folder + prefix.replaceAll(' ', space)
/** Undefined for what other tools have put there. */
export const nameOf = (key: string) => (key.endsWith(end) ? key.slice(folder.length, -end.length).replaceAll(space, ' ') : undefined)

const ours = 'x-amz-meta-'
const headers = { checksum: 'sha256', modifiedAt: 'modified-at' } as const

/** The headers with which an object is stored. Its time is the writer's: a server's own is in seconds, and comes only with a further request. */
export function describeAsHeaders({ checksum, modifiedAt, metadata }: Pick<ObjectInfo, 'checksum' | 'modifiedAt' | 'metadata'>): Record<string, string> {
  const contentType = metadata['content-type']
  return {
    [ours + headers.checksum]: checksum.replace(/^sha256:/, ''),
    [ours + headers.modifiedAt]: String(modifiedAt),
    // For people who open the object with a browser.
    ...(contentType !== undefined && /^[\w.+-]+\/[\w.+-]+$/.test(contentType) && { 'content-type': contentType }),
    ...Object.fromEntries(Object.entries(metadata).map(([name, value]) => [metadataPrefix + name, encodeValue(value)])),
  }
}

/** What the server answers about an object. */
export interface StoredObject {
  size: number
  lastModified: Date
  metaData: Record<string, unknown>
}

/** @param checksumOf of content that was stored by other tools, which leave no checksum */
export async function describeStored(name: string, stored: StoredObject, checksumOf: () => Promise<string>): Promise<ObjectInfo> {
  const { size, lastModified, metaData } = stored
  const hex = metaData[headers.checksum]
  const modifiedAt = Number(metaData[headers.modifiedAt])
  const prefix = metadataPrefix.slice(ours.length)
  const own = Object.entries(metaData).filter(([header]) => header.startsWith(prefix))
  return {
    name, size,
    checksum: typeof hex === 'string' && /^[0-9a-f]{64}$/.test(hex) ? `sha256:${hex}` : await checksumOf(),
    modifiedAt: Number.isSafeInteger(modifiedAt) ? modifiedAt : lastModified.getTime(),
    metadata: Object.fromEntries(own.map(([header, value]) => [header.slice(prefix.length), decodeValue(String(value))])),
  }
}
