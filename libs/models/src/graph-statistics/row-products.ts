import { StreamForgeError } from '@streamforge/contracts'
import { openRowKernel, type RowKernel, STEP_BYTES, TILE } from './row-kernel.ts'

const FLOAT_BYTES = 4
const DOUBLE_BYTES = 8
/** Bars multiplied before the next rows: so much of a block of rows stays in a core's cache. */
const BLOCK_BARS = 1024
const BLOCK_ROWS = 96
const LARGEST_BYTES = 2 ** 31

export interface RowTableSize {
  /** Kinds of series; each has a row for each asset. */
  groups: number
  rows: number
  bars: number
  /** Largest `lag` that products will be asked for. */
  maximumLag?: number
}

/** Rows of float32 and all products of them. What is not written is 0. */
export interface RowTable {
  readonly rows: number
  readonly bars: number
  row(group: number, index: number): Float32Array
  /**
   * [rows, rows]: sum over t of `a[i][t + lag] * b[j][t]`, t from 0 to bars - lag - 1. With `symmetric` (a is b, lag 0) half of the work is
   * saved. Lets other work in between. Equal rows give equal bits, on every machine.
   */
  products(a: number, b: number, options?: { lag?: number; symmetric?: boolean }): Promise<Float64Array>
}

/** @throws StreamForgeError BAD_TRAINING_DATA for more than fits into memory */
export function createRowTable({ groups, rows, bars, maximumLag = 0 }: RowTableSize): RowTable {
  const paddedRows = roundUp(rows, TILE)
  // Lagged rows are read beyond their end, where there must be zeros.
  const stride = roundUp(bars + maximumLag, STEP_BYTES / FLOAT_BYTES) * FLOAT_BYTES + STEP_BYTES
  const tableBytes = groups * paddedRows * stride
  const bytes = roundUp(tableBytes, DOUBLE_BYTES) + paddedRows * paddedRows * DOUBLE_BYTES
  if (bytes > LARGEST_BYTES) {
    throw new StreamForgeError('BAD_TRAINING_DATA', `${rows} assets of ${bars} bars are more than a graph can be built of at once`, {
      remedy: 'take a shorter window, fewer assets or longer bars', details: { rows, bars, bytes },
    })
  }
  const { kernel, memory } = openRowKernel(bytes)
  const sumsAt = roundUp(tableBytes, DOUBLE_BYTES)
  const sums = new Float64Array(memory, sumsAt, paddedRows * paddedRows)
  const at = (group: number, index: number) => (group * paddedRows + index) * stride
  return {
    rows, bars,
    row: (group, index) => new Float32Array(memory, at(group, index), bars),
    async products(a, b, { lag = 0, symmetric = false } = {}) {
      sums.fill(0)
      const plan: Plan = { rows: paddedRows, stride, bars: bars - lag, startA: at(a, 0) + lag * FLOAT_BYTES, startB: at(b, 0), sumsAt, symmetric }
      for (const step of blocks(plan)) {
        multiplyBlock(kernel, plan, step)
        await new Promise(setImmediate)
      }
      return squareOf(sums, paddedRows, rows, symmetric)
    },
  }
}

interface Plan {
  rows: number
  stride: number
  bars: number
  startA: number
  startB: number
  sumsAt: number
  symmetric: boolean
}

interface Block {
  firstRow: number
  firstBar: number
}

function* blocks({ rows, bars }: Plan): Generator<Block> {
  for (let firstRow = 0; firstRow < rows; firstRow += BLOCK_ROWS) {
    for (let firstBar = 0; firstBar < bars; firstBar += BLOCK_BARS) yield { firstRow, firstBar }
  }
}

/** All rows of a with a block of b's, over a block of bars. */
function multiplyBlock(kernel: RowKernel, plan: Plan, { firstRow, firstBar }: Block): void {
  const { rows, stride, startA, startB, sumsAt, symmetric } = plan
  const bytes = roundUp(Math.min(BLOCK_BARS, plan.bars - firstBar) * FLOAT_BYTES, STEP_BYTES)
  const offset = firstBar * FLOAT_BYTES
  const lastRow = Math.min(rows, firstRow + BLOCK_ROWS)
  const sumStride = rows * DOUBLE_BYTES
  for (let i = 0; i < (symmetric ? lastRow : rows); i += TILE) {
    for (let j = symmetric ? Math.max(firstRow, i) : firstRow; j < lastRow; j += TILE) {
      kernel.multiply(startA + i * stride + offset, startB + j * stride + offset, sumsAt + (i * rows + j) * DOUBLE_BYTES, stride, bytes, sumStride)
    }
  }
}

/** Without the rows that only fill up the last tile. */
function squareOf(sums: Float64Array, padded: number, rows: number, symmetric: boolean): Float64Array {
  const square = new Float64Array(rows * rows)
  for (let i = 0; i < rows; i++) {
    for (let j = 0; j < rows; j++) square[i * rows + j] = sums[symmetric && j < i ? j * padded + i : i * padded + j]!
  }
  return square
}

const roundUp = (value: number, multiple: number) => Math.ceil(value / multiple) * multiple
