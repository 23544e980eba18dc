/** The object store port: named byte sequences, written whole and then never changed in part. */
export interface ObjectInfo {
  name: string
  size: number
  /** `sha256:` and 64 hex digits of the content. */
  checksum: string
  modifiedAt: number
  metadata: Readonly<Record<string, string>>
}

export interface ObjectStore {
  readonly kind: 'embedded' | 's3'
  /** Atomic: a reader sees the old content or the new, never a part. Names are relative paths with `/`. */
  put(name: string, content: Uint8Array | AsyncIterable<Uint8Array>, metadata?: Readonly<Record<string, string>>): Promise<ObjectInfo>
  /** @throws StreamForgeError OBJECT_NOT_FOUND */
  get(name: string): Promise<Buffer>
  /** @throws StreamForgeError OBJECT_NOT_FOUND */
  stream(name: string): Promise<AsyncIterable<Uint8Array>>
  stat(name: string): Promise<ObjectInfo | undefined>
  list(prefix?: string): AsyncIterable<ObjectInfo>
  delete(name: string): Promise<void>
  close(): Promise<void>
}
