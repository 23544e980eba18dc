export type { ServiceContext, WorkerContext, WorkerProgress, WorkerResult } from './context.ts'
