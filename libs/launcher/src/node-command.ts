// V8 lets the heap of a busy service grow to several times what it needs. Measured on both workers: half the memory for about a
// tenth of the speed. kafkajs makes Node warn once a process of a timer that it set in the past; that helps nobody.
const flags = ['--disable-warning=ExperimentalWarning', '--disable-warning=TimeoutNegativeWarning', '--heap-growing-percent=50']

export interface NodeLimits {
  /** Megabytes of JavaScript heap; absent: Node's own limit. */
  maxHeapMb?: number
  /**
   * Megabytes of each half of the heap's young part, 8 unless told otherwise. Who holds many messages for a moment is better off with more: they are
   * copied at every collection in which they still live.
   */
  semiSpaceMb?: number
}

/** How this process's Node runs a service or job from its source. */
export const nodeCommand = (script: string, { maxHeapMb, semiSpaceMb = 8 }: NodeLimits = {}): [program: string, ...args: string[]] =>
  [process.execPath, ...flags, `--max-semi-space-size=${semiSpaceMb}`, ...(maxHeapMb === undefined ? [] : [`--max-old-space-size=${maxHeapMb}`]), script]
