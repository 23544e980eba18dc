import type { ObjectStore } from './objects.ts'

export type ObjectsConfig =
  | { kind: 'embedded'; directory: string }
  | {
    kind: 's3'
    /** `http://host:9000` */
    endpoint: string
    /** Made when it does not exist. */
    bucket: string
    /** Default us-east-1, which servers that have no regions take. */
    region?: string
    accessKey: string
    secretKey: string
  }

/**
 * Opens the object store that the configuration names; the other adapter's code is not loaded.
 * @throws StreamForgeError STORE_UNAVAILABLE; BAD_CONFIG when the server does not take the keys
 */
export async function connectObjects(config: ObjectsConfig): Promise<ObjectStore> {
  switch (config.kind) {
    case 'embedded': return (await import('./folder/open-folder-objects.ts')).openFolderObjects(config)
    case 's3': return (await import('./s3/open-s3-objects.ts')).openS3Objects(config)
    default: return config satisfies never
  }
}
