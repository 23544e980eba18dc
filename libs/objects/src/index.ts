export type { ObjectInfo, ObjectStore } from './objects.ts'
