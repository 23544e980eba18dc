/** How a process of StreamForge ends; the launcher and queue-manager read it. */
export const exitCodes = {
  /** Finished, stopped on demand, or replaced by a later attempt. */
  done: 0,
  /** Failed; another attempt may succeed. */
  retryable: 1,
  /** Failed; another attempt would fail the same. */
  final: 2,
  /** The environment is not right (EX_CONFIG of sysexits.h). */
  badConfig: 78,
  /** Drained after SIGTERM or SIGINT without having finished (128 + 15). */
  terminated: 143,
} as const
