import { AsyncLocalStorage } from 'node:async_hooks'
import type { TraceContext } from '@streamforge/contracts'

const active = new AsyncLocalStorage<TraceContext>()

/** The trace that the code under way works for, in this chain of asynchronous calls. */
export const activeTrace = (): TraceContext | undefined => active.getStore()

/** Runs something as part of a trace. */
export const inTrace = <T>(trace: TraceContext, run: () => T): T => active.run(trace, run)
