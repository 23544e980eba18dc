type Colour = readonly [number, number, number]
interface Box { x: number; y: number; width: number; height: number; colour: Colour }

const background: Colour = [14, 23, 38]
const up: Colour = [38, 193, 143]
const down: Colour = [240, 97, 109]

/** Three candles with their wicks, in units of the picture's side: the same picture as web/public/icon.svg. */
const boxes: readonly Box[] = [
  { x: 0.25, y: 0.36, width: 0.03, height: 0.42, colour: down }, { x: 0.2, y: 0.46, width: 0.13, height: 0.22, colour: down },
  { x: 0.485, y: 0.28, width: 0.03, height: 0.46, colour: up }, { x: 0.435, y: 0.38, width: 0.13, height: 0.26, colour: up },
  { x: 0.72, y: 0.18, width: 0.03, height: 0.44, colour: up }, { x: 0.67, y: 0.24, width: 0.13, height: 0.28, colour: up },
]
const samples = 4

/** RGBA pixels, smoothed by taking several samples of each. `padding` keeps the drawing off the edges that a mask may cut. */
export function drawIcon(size: number, padding: number): Uint8Array {
  const pixels = new Uint8Array(size * size * 4)
  const rounded = padding === 0
  for (let y = 0; y < size; y++) {
    for (let x = 0; x < size; x++) pixels.set(pixelAt(x, y, size, padding, rounded), (y * size + x) * 4)
  }
  return pixels
}

function pixelAt(px: number, py: number, size: number, padding: number, rounded: boolean): number[] {
  const sum = [0, 0, 0]
  let covered = 0
  for (let i = 0; i < samples * samples; i++) {
    const x = (px + ((i % samples) + 0.5) / samples) / size
    const y = (py + (Math.floor(i / samples) + 0.5) / samples) / size
    if (rounded && outsideCorner(x, y)) continue
    covered++
    const inner = (v: number) => (v - padding) / (1 - 2 * padding)
    const colour = boxes.findLast((b) => inside(b, inner(x), inner(y)))?.colour ?? background
    colour.forEach((value, channel) => { sum[channel]! += value })
  }
  if (!covered) return [0, 0, 0, 0]
  return [...sum.map((value) => Math.round(value / covered)), Math.round((255 * covered) / samples ** 2)]
}

const inside = (b: Box, x: number, y: number) => x >= b.x && x < b.x + b.width && y >= b.y && y < b.y + b.height
const radius = 0.2

function outsideCorner(x: number, y: number): boolean {
  const dx = Math.max(radius - x, x - (1 - radius), 0)
  const dy = Math.max(radius - y, y - (1 - radius), 0)
  return dx * dx + dy * dy > radius * radius
}
