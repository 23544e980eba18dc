/**
 * The inner loop of all products of rows, as a WebAssembly module with SIMD: three rows times three others, four floats at a time.
 * Plain JavaScript has no vectors and took 25 times as long; three by three is what fits into 15 registers.
 */
export interface RowKernel {
  /**
   * Adds to the 3 x 3 numbers (float64, rows `sumStride` bytes apart) at `sums` the products of the three float32 rows at `a` with the three
   * at `b`. All places are bytes of the memory; rows are `stride` apart; `bytes` of each are read, a multiple of {@link STEP_BYTES}.
   */
  multiply(a: number, b: number, sums: number, stride: number, bytes: number, sumStride: number): void
}

export const TILE = 3
/** Eight floats: two vectors a turn of the loop. */
export const STEP_BYTES = 32

const VECTOR_BYTES = 16
const VECTORS = STEP_BYTES / VECTOR_BYTES

/** The part of the WebAssembly interface that is used; TypeScript has it only among a browser's types. */
interface WebAssemblyHost {
  Memory: new (size: { initial: number }) => { readonly buffer: ArrayBuffer }
  Module: new (code: Uint8Array<ArrayBuffer>) => object
  Instance: new (module: object, imports: Record<string, Record<string, unknown>>) => { exports: { multiply: RowKernel['multiply'] } }
}
const { WebAssembly: host } = globalThis as unknown as { WebAssembly: WebAssemblyHost }

const PAGE_BYTES = 65_536
let compiled: object | undefined

/** A kernel with so much memory of its own, all 0. */
export function openRowKernel(bytes: number): { kernel: RowKernel; memory: ArrayBuffer } {
  const memory = new host.Memory({ initial: Math.ceil(bytes / PAGE_BYTES) })
  compiled ??= new host.Module(kernelModule())
  const { exports } = new host.Instance(compiled, { host: { memory } })
  return { kernel: { multiply: exports.multiply }, memory: memory.buffer }
}

// Numbers of the WebAssembly binary format (specification 2.0, chapter 5).
const type = { i32: 0x7f, v128: 0x7b, function: 0x60 } as const
const section = { types: 1, imports: 2, functions: 3, exports: 7, code: 10 } as const
const op = { loop: 0x03, end: 0x0b, branchIf: 0x0d, get: 0x20, set: 0x21, tee: 0x22, loadF64: 0x2b, storeF64: 0x39, i32: 0x41, lessUnsigned: 0x49, addI32: 0x6a, addF64: 0xa0 } as const
const vectorOp = { load: 0x00, shuffle: 0x0d, laneF64: 0x21, widen: 0x5f, addF32: 0xe4, multiplyF32: 0xe6, addF64: 0xf0 } as const
const emptyBlock = 0x40
const upperHalf = [8, 9, 10, 11, 12, 13, 14, 15, 8, 9, 10, 11, 12, 13, 14, 15]

type Code = number[]
const get = (local: number): Code => [op.get, ...unsigned(local)]
const set = (local: number): Code => [op.set, ...unsigned(local)]
const vector = (code: number, ...rest: Code): Code => [0xfd, ...unsigned(code), ...rest]
const loadVector = (at: Code, offset: number): Code => [...at, ...vector(vectorOp.load, 0, ...unsigned(offset))]
const advance = (local: number, bytes: number): Code => [...get(local), op.i32, ...signed(bytes), op.addI32, ...set(local)]
const addTo = (target: number, a: number, b: number): Code => [...get(a), ...get(b), op.addI32, ...set(target)]

/** Parameters first, then the pointers of further rows, then vectors. */
const local = {
  a: 0, b: 1, sums: 2, stride: 3, bytes: 4, sumStride: 5,
  end: 10, rowsA: [0, 6, 7], rowsB: [1, 8, 9],
  sum: (row: number, column: number) => 11 + row * TILE + column, ofA: (row: number) => 20 + row, ofB: 23,
} as const
const i32Locals = 5
const vectorLocals = TILE * TILE + TILE + 1
const tile = [0, 1, 2] as const

function kernelModule(): Uint8Array<ArrayBuffer> {
  const body: Code = [2, i32Locals, type.i32, vectorLocals, type.v128, ...placeRows(), op.loop, emptyBlock, ...multiplyStep(), op.end, ...addSums(), op.end]
  return Uint8Array.from([
    0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0,
    ...part(section.types, [1, type.function, 6, ...Array<number>(6).fill(type.i32), 0]),
    ...part(section.imports, [1, ...text('host'), ...text('memory'), 2, 0, 0]),
    ...part(section.functions, [1, 0]),
    ...part(section.exports, [1, ...text('multiply'), 0, 0]),
    ...part(section.code, [1, ...unsigned(body.length), ...body]),
  ])
}

const placeRows = (): Code => [
  ...[1, 2].flatMap((row) => [
    ...addTo(local.rowsA[row]!, local.rowsA[row - 1]!, local.stride), ...addTo(local.rowsB[row]!, local.rowsB[row - 1]!, local.stride),
  ]),
  ...addTo(local.end, local.a, local.bytes),
]

const multiplyStep = (): Code => [
  ...Array.from({ length: VECTORS }, (_, v) => [
    ...tile.flatMap((row) => [...loadVector(get(local.rowsA[row]), v * VECTOR_BYTES), ...set(local.ofA(row))]),
    ...tile.flatMap((column) => [
      ...loadVector(get(local.rowsB[column]), v * VECTOR_BYTES), ...set(local.ofB),
      ...tile.flatMap((row) => {
        const sum = local.sum(row, column)
        return [...get(sum), ...get(local.ofA(row)), ...get(local.ofB), ...vector(vectorOp.multiplyF32), ...vector(vectorOp.addF32), ...set(sum)]
      }),
    ]),
  ]).flat(),
  ...[...local.rowsA, ...local.rowsB].flatMap((row) => advance(row, STEP_BYTES)),
  ...get(local.a), ...get(local.end), op.lessUnsigned, op.branchIf, 0,
]

/** The four lanes of each sum are added up in float64, so that what adds up over many calls loses nothing more. */
const addSums = (): Code => tile.flatMap((row) => [
  ...tile.flatMap((column) => {
    const sum = local.sum(row, column)
    const place = [3, ...unsigned(8 * column)]
    return [
      ...get(local.sums), ...get(local.sums), op.loadF64, ...place,
      ...get(sum), ...vector(vectorOp.widen), ...get(sum), ...get(sum), ...vector(vectorOp.shuffle, ...upperHalf), ...vector(vectorOp.widen),
      ...vector(vectorOp.addF64), op.tee, ...unsigned(local.ofB), ...vector(vectorOp.laneF64, 0), ...get(local.ofB), ...vector(vectorOp.laneF64, 1),
      op.addF64, op.addF64, op.storeF64, ...place,
    ]
  }),
  ...addTo(local.sums, local.sums, local.sumStride),
])

const part = (id: number, content: Code): Code => [id, ...unsigned(content.length), ...content]
const text = (name: string): Code => [name.length, ...Buffer.from(name)]

/** LEB128. */
function unsigned(value: number): Code {
  return value < 128 ? [value] : [(value & 127) | 128, ...unsigned(value >>> 7)]
}

function signed(value: number): Code {
  return value < 64 ? [value] : [(value & 127) | 128, ...signed(value >>> 7)]
}
