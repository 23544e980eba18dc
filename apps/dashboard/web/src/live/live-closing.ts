/** The reason with which /live closes (code 1013) what asks too much: why, and the seconds after which one may come back. At most 123 bytes, as RFC 6455 has it. */
export const liveClosing = (why: string, retryAfterS: number): string => `${why}; retry after ${retryAfterS} s`
/** Undefined when it is none of {@link liveClosing}. */
export function readLiveClosing(reason: string): { why: string; retryAfterS: number } | undefined {
  const [, why, seconds] = /^(.{1,100}); retry after (\d{1,4}) s$/.exec(reason) ?? []
  return why === undefined ? undefined : { why, retryAfterS: Number(seconds) }
}
