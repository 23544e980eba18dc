/** Uniform numbers in [0, 1), the same for the same seed everywhere. */
export type Random = () => number

/** 32 well-mixed bits of a text (FNV-1a, then a finisher that spreads every bit over the word). */
function hash(text: string, salt: number): number {
  let h = (0x811c9dc5 ^ salt) | 0
  for (let i = 0; i < text.length; i++) h = Math.imul(h ^ text.charCodeAt(i), 0x01000193)
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b)
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35)
  return (h ^ (h >>> 16)) | 0
}

/**
 * A generator (sfc32) whose state comes from the seed's parts alone: a stream can be opened anywhere, such as at one
 * symbol's one day, without drawing what comes before.
 */
export function seededRandom(...seed: (string | number)[]): Random {
  const text = seed.join('\u0000')
  let a = hash(text, 1)
  let b = hash(text, 2)
  let c = hash(text, 3)
  let counter = 1
  const next = () => {
    const sum = (((a + b) | 0) + counter) | 0
    counter = (counter + 1) | 0
    a = b ^ (b >>> 9)
    b = (c + (c << 3)) | 0
    c = (((c << 21) | (c >>> 11)) + sum) | 0
    return (sum >>> 0) / 4_294_967_296
  }
  for (let i = 0; i < 12; i++) next()
  return next
}

/** Fills with standard normal numbers, two from each pair of uniform ones. */
export function fillNormals(random: Random, target: Float64Array): Float64Array {
  for (let i = 0; i < target.length; i += 2) {
    const radius = Math.sqrt(-2 * Math.log(1 - random()))
    const angle = 2 * Math.PI * random()
    target[i] = radius * Math.cos(angle)
    if (i + 1 < target.length) target[i + 1] = radius * Math.sin(angle)
  }
  return target
}

/** Fills with numbers of mean 0 and variance 1 whose bell ends at +-3 (three uniform ones added up): for noise, at a fifth of the cost. */
export function fillBells(random: Random, target: Float64Array): Float64Array {
  for (let i = 0; i < target.length; i++) target[i] = 2 * (random() + random() + random() - 1.5)
  return target
}

export function normal(random: Random): number {
  return Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random())
}
