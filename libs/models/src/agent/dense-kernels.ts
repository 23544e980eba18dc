import { type Local, type WasmCode, wasmModule } from './wasm-writer.ts'

/** Where numbers lie, and how far apart rows and columns are, all in bytes: a transposed matrix is one with the two steps exchanged. */
export interface Matrix {
  at: number
  row: number
  /** Default 4: its numbers lie side by side. */
  column?: number
}

/**
 * The arithmetic of dense layers on float32 numbers in one block of memory, in WebAssembly with 128-bit vectors. Every operation is IEEE 754's,
 * in a fixed order: the same numbers come out bit for bit, on every machine. Counts of columns and of vector operations are multiples of 4.
 */
export interface DenseKernels {
  readonly memory: WasmMemory
  /** `into[rows, columns] = bias + left[rows, depth] right[depth, columns]`; `bias` 0: none. The numbers of `right` and `into` lie side by side. */
  multiply(left: Matrix, right: Matrix, into: Matrix, shape: { rows: number; columns: number; depth: number }, bias?: number): void
  /** `values = max(values, 0)`. */
  rectify(at: number, count: number): void
  /** `slopes = 0` where the rectified values are 0. */
  rectifySlopes(slopes: number, values: number, count: number): void
  sumOfSquares(at: number, count: number): number
  /** `values += share (others - values)`. */
  blend(values: number, others: number, count: number, share: number): void
  /** One step of Adam; gradients are multiplied by `scale` first. */
  adam(at: { values: number; gradient: number; mean: number; square: number; count: number }, step: AdamStep): void
}

export interface AdamStep {
  scale: number
  beta1: number
  beta2: number
  /** Learning rate over `1 - beta1 ** steps`. */
  rate: number
  /** `1 / (1 - beta2 ** steps)`. */
  squareScale: number
  epsilon: number
}

const vectorBytes = 16
const rowsAtOnce = 4
const vectorsAtOnce = 2

type Exports = Record<'multiply' | 'rectify' | 'rectifySlopes' | 'blend' | 'adam', (...values: number[]) => void> & Record<'sumOfSquares', (at: number, count: number) => number>

interface WasmMemory {
  readonly buffer: ArrayBuffer
}
/** The part of the engine's interface that is used: its types are among those of browsers, which are not loaded here. */
interface WasmEngine {
  Module: new (bytes: Uint8Array) => object
  Memory: new (size: { initial: number }) => WasmMemory
  Instance: new (module: object, imports: object) => { readonly exports: unknown }
}
const engine = (globalThis as unknown as { WebAssembly: WasmEngine }).WebAssembly

let compiled: object | undefined

/** @param bytes of the memory, rounded up to whole pages */
export function openDenseKernels(bytes: number): DenseKernels {
  compiled ??= new engine.Module(moduleBytes())
  const memory = new engine.Memory({ initial: Math.ceil(bytes / 65_536) })
  const kernels = new engine.Instance(compiled, { env: { memory } }).exports as Exports
  return {
    memory,
    multiply: (left, right, into, { rows, columns, depth }, bias = 0) =>
      kernels.multiply(left.at, left.row, left.column ?? 4, right.at, right.row, into.at, into.row, rows, columns, depth, bias),
    rectify: kernels.rectify, rectifySlopes: kernels.rectifySlopes, sumOfSquares: kernels.sumOfSquares, blend: kernels.blend,
    adam: ({ values, gradient, mean, square, count }, { scale, beta1, beta2, rate, squareScale, epsilon }) =>
      kernels.adam(values, gradient, mean, square, count, scale, beta1, 1 - beta1, beta2, 1 - beta2, rate, squareScale, epsilon),
  }
}

const integers = (count: number) => Array.from({ length: count }, () => 'i32' as const)
const floats = (count: number) => Array.from({ length: count }, () => 'f32' as const)

function moduleBytes() {
  return wasmModule([
    { name: 'multiply', parameters: integers(11), body: multiply },
    { name: 'rectify', parameters: integers(2), body(code, at, count) {
      eachVector(code, count!, [at!], () => code.get(at!, at!).access('v128.load').get(zero(code)).op('f32x4.max').access('v128.store'))
    } },
    { name: 'rectifySlopes', parameters: integers(3), body(code, slopes, values, count) {
      eachVector(code, count!, [slopes!, values!], () => {
        code.get(slopes!, slopes!).access('v128.load').get(values!).access('v128.load').get(zero(code)).op('f32x4.gt', 'v128.and').access('v128.store')
      })
    } },
    { name: 'sumOfSquares', parameters: integers(2), result: 'f32', body: sumOfSquares },
    { name: 'blend', parameters: [...integers(3), 'f32'], body(code, values, others, count, share) {
      eachVector(code, count!, [values!, others!], () => {
        code.get(values!, values!).access('v128.load').get(others!).access('v128.load').get(values!).access('v128.load').op('f32x4.sub')
        code.get(share!).op('f32x4.splat', 'f32x4.mul', 'f32x4.add').access('v128.store')
      })
    } },
    { name: 'adam', parameters: [...integers(5), ...floats(8)], body: adam },
  ])
}

/** A local that nobody has written holds zeros. */
const zero = (code: WasmCode) => code.local('v128')

/** Walks the pointers over `count` numbers, four at a time. */
function eachVector(code: WasmCode, count: Local, pointers: readonly Local[], body: () => void): void {
  code.while(() => code.get(count).integer(0).op('i32.gt_s'), () => {
    body()
    for (const pointer of pointers) advance(code, pointer, vectorBytes)
    advance(code, count, -4)
  })
}

const advance = (code: WasmCode, local: Local, by: number) => code.get(local).integer(by).op('i32.add').set(local)
const advanceBy = (code: WasmCode, local: Local, by: Local) => code.get(local, by).op('i32.add').set(local)

/** Blocks of 4 rows by 8 columns stay in registers while the depth is walked; what is left over goes in smaller blocks. */
function multiply(code: WasmCode, ...parameters: Local[]): void {
  const [left, leftRow, leftColumn, right, rightRow, into, intoRow, rows, columns, depth, bias] = parameters as [Local, Local, Local, Local, Local, Local, Local, Local, Local, Local, Local]
  const walk = { left: code.local('i32'), right: code.local('i32'), into: code.local('i32'), bias: code.local('i32'), columns: code.local('i32'), depth: code.local('i32') }
  for (const rowsNow of [rowsAtOnce, 1]) {
    code.while(() => code.get(rows).integer(rowsNow).op('i32.ge_s'), () => {
      code.get(right).set(walk.right).get(into).set(walk.into).get(bias).set(walk.bias).get(columns).set(walk.columns)
      for (const vectors of [vectorsAtOnce, 1]) {
        code.while(() => code.get(walk.columns).integer(4 * vectors).op('i32.ge_s'), () => {
          block(code, { rows: rowsNow, vectors }, { left, leftRow, leftColumn, right: walk.right, rightRow, into: walk.into, intoRow, depth, bias: walk.bias, steps: walk.depth })
          for (const pointer of [walk.right, walk.into]) advance(code, pointer, vectorBytes * vectors)
          code.get(walk.bias).if(() => advance(code, walk.bias, vectorBytes * vectors))
          advance(code, walk.columns, -4 * vectors)
        })
      }
      for (let row = 0; row < rowsNow; row++) {
        advanceBy(code, left, leftRow)
        advanceBy(code, into, intoRow)
      }
      advance(code, rows, -rowsNow)
    })
  }
}

type BlockLocals = Record<'left' | 'leftRow' | 'leftColumn' | 'right' | 'rightRow' | 'into' | 'intoRow' | 'depth' | 'bias' | 'steps', Local>

function block(code: WasmCode, { rows, vectors }: { rows: number; vectors: number }, at: BlockLocals): void {
  const range = (length: number, make: (i: number) => Local) => Array.from({ length }, (_, i) => make(i))
  const sums = range(rows * vectors, () => code.local('v128'))
  const values = range(vectors, () => code.local('v128'))
  const [factor, rightAt, intoAt] = [code.local('v128'), code.local('i32'), code.local('i32')]
  const leftAt = range(rows, () => code.local('i32'))
  leftAt.forEach((pointer, row) => row === 0 ? code.get(at.left).set(pointer) : code.get(leftAt[row - 1]!, at.leftRow).op('i32.add').set(pointer))
  code.get(at.right).set(rightAt).get(at.depth).set(at.steps)
  const empty = zero(code)
  code.get(at.bias).if(
    () => sums.forEach((sum, i) => code.get(at.bias).access('v128.load', vectorBytes * (i % vectors)).set(sum)),
    () => sums.forEach((sum) => code.get(empty).set(sum)),
  )
  code.while(() => code.get(at.steps), () => {
    values.forEach((value, v) => code.get(rightAt).access('v128.load', vectorBytes * v).set(value))
    leftAt.forEach((pointer, row) => {
      code.get(pointer).access('v128.load32_splat').set(factor)
      values.forEach((value, v) => code.get(sums[row * vectors + v]!, factor, value).op('f32x4.mul', 'f32x4.add').set(sums[row * vectors + v]!))
      advanceBy(code, pointer, at.leftColumn)
    })
    advanceBy(code, rightAt, at.rightRow)
    advance(code, at.steps, -1)
  })
  code.get(at.into).set(intoAt)
  for (let row = 0; row < rows; row++) {
    for (let v = 0; v < vectors; v++) code.get(intoAt, sums[row * vectors + v]!).access('v128.store', vectorBytes * v)
    advanceBy(code, intoAt, at.intoRow)
  }
}

function sumOfSquares(code: WasmCode, at?: Local, count?: Local): void {
  const [sum, value] = [code.local('v128'), code.local('v128')]
  eachVector(code, count!, [at!], () => {
    code.get(at!).access('v128.load').set(value).get(sum, value, value).op('f32x4.mul', 'f32x4.add').set(sum)
  })
  code.get(sum).lane(0).get(sum).lane(1).op('f32.add').get(sum).lane(2).op('f32.add').get(sum).lane(3).op('f32.add')
}

function adam(code: WasmCode, ...parameters: Local[]): void {
  const [values, gradient, mean, square, count, ...given] = parameters as [Local, Local, Local, Local, Local, ...Local[]]
  const factors = given.map(() => code.local('v128'))
  given.forEach((factor, i) => code.get(factor).op('f32x4.splat').set(factors[i]!))
  const [scale, beta1, rest1, beta2, rest2, rate, squareScale, epsilon] = factors as [Local, Local, Local, Local, Local, Local, Local, Local]
  const [slope, newMean, newSquare] = [code.local('v128'), code.local('v128'), code.local('v128')]
  eachVector(code, count, [values, gradient, mean, square], () => {
    code.get(gradient).access('v128.load').get(scale).op('f32x4.mul').set(slope)
    code.get(mean).access('v128.load').get(beta1).op('f32x4.mul').get(slope, rest1).op('f32x4.mul', 'f32x4.add').set(newMean)
    code.get(square).access('v128.load').get(beta2).op('f32x4.mul').get(slope, slope).op('f32x4.mul').get(rest2).op('f32x4.mul', 'f32x4.add').set(newSquare)
    code.get(mean, newMean).access('v128.store').get(square, newSquare).access('v128.store')
    code.get(values, values).access('v128.load').get(newMean, rate).op('f32x4.mul')
    code.get(newSquare, squareScale).op('f32x4.mul', 'f32x4.sqrt').get(epsilon).op('f32x4.add', 'f32x4.div', 'f32x4.sub').access('v128.store')
  })
}
