/** Uniform numbers in [0, 1), whose state can be kept: the same for the same seed everywhere. */
export interface ResumableRandom {
  next(): number
  /** A whole number from 0 to `count` - 1. */
  below(count: number): number
  /** 32 bits: all that decides what comes next. */
  state: number
}

/** The generator is mulberry32 (Tommy Ettinger, public domain), as in seeded-random.ts. */
export function resumableRandom(seed: number): ResumableRandom {
  const random: ResumableRandom = {
    state: seed >>> 0,
    next() {
      random.state = (random.state + 0x6d2b79f5) >>> 0
      let mixed = Math.imul(random.state ^ (random.state >>> 15), random.state | 1)
      mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
      return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
    },
    below: (count) => Math.floor(random.next() * count),
  }
  return random
}
