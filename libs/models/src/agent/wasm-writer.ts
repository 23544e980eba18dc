/** Writes WebAssembly modules in the binary format (webassembly.github.io/spec/core/binary), as far as {@link denseKernels} needs it. */
export type ValueType = 'i32' | 'f32' | 'v128'
/** A parameter or a local variable of a function, by its number. */
export type Local = number

export interface WasmFunction {
  name: string
  parameters: readonly ValueType[]
  result?: ValueType
  body: (code: WasmCode, ...parameters: Local[]) => void
}

/** Instructions of one function, in order. Those that work on the stack take what the ones before have left there. */
export interface WasmCode {
  local(type: ValueType): Local
  get(...locals: Local[]): WasmCode
  set(local: Local): WasmCode
  integer(value: number): WasmCode
  op(...names: (keyof typeof plain | keyof typeof vector)[]): WasmCode
  /** Of memory; `offset` in bytes is added to the address on the stack. */
  access(name: keyof typeof accesses, offset?: number): WasmCode
  lane(lane: number): WasmCode
  /** Repeats while `condition` leaves something else than 0. */
  while(condition: () => void, body: () => void): WasmCode
  if(body: () => void, otherwise?: () => void): WasmCode
}

const types = { i32: 0x7f, f32: 0x7d, v128: 0x7b } as const
const plain = { 'i32.eqz': 0x45, 'i32.ge_s': 0x4e, 'i32.gt_s': 0x4a, 'i32.add': 0x6a, 'i32.sub': 0x6b, 'i32.mul': 0x6c, 'f32.add': 0x92 } as const
/** Behind the prefix of vector instructions. */
const vector = {
  'f32x4.splat': 0x13, 'f32x4.gt': 0x44, 'v128.and': 0x4e, 'f32x4.sqrt': 0xe3, 'f32x4.add': 0xe4, 'f32x4.sub': 0xe5, 'f32x4.mul': 0xe6, 'f32x4.div': 0xe7, 'f32x4.max': 0xe9,
} as const
const accesses = { 'v128.load': 0x00, 'v128.load32_splat': 0x09, 'v128.store': 0x0b } as const
const vectorPrefix = 0xfd
const extractLane = 0x1f
const [emptyBlock, blockEnd] = [0x40, 0x0b]

/** A module that imports its memory as `env.memory` and exports every function by its name. */
export function wasmModule(functions: readonly WasmFunction[]): Uint8Array<ArrayBuffer> {
  const signatures = functions.map(({ parameters, result }) => [0x60, ...list(parameters.map((type) => [types[type]])), ...list(result ? [[types[result]]] : [])])
  return Uint8Array.from([
    0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0,
    ...section(1, list(signatures)),
    ...section(2, list([[...text('env'), ...text('memory'), 0x02, 0x00, 1]])),
    ...section(3, list(functions.map((_, i) => unsigned(i)))),
    ...section(7, list(functions.map(({ name }, i) => [...text(name), 0x00, ...unsigned(i)]))),
    ...section(10, list(functions.map((of) => sized(functionBody(of))))),
  ])
}

function functionBody({ parameters, body }: WasmFunction): number[] {
  const bytes: number[] = []
  const locals: ValueType[] = []
  const code: WasmCode = {
    local: (type) => parameters.length + locals.push(type) - 1,
    get: (...of) => add(...of.flatMap((local) => [0x20, ...unsigned(local)])),
    set: (local) => add(0x21, ...unsigned(local)),
    integer: (value) => add(0x41, ...signed(value)),
    op: (...names) => add(...names.flatMap((name) => (name in vector ? [vectorPrefix, ...unsigned(vector[name as keyof typeof vector])] : [plain[name as keyof typeof plain]]))),
    access: (name, offset = 0) => add(vectorPrefix, accesses[name], 0, ...unsigned(offset)),
    lane: (lane) => add(vectorPrefix, extractLane, lane),
    while(condition, inner) {
      add(0x02, emptyBlock, 0x03, emptyBlock)
      condition()
      add(0x45, 0x0d, 1)
      inner()
      return add(0x0c, 0, blockEnd, blockEnd)
    },
    if(inner, otherwise) {
      add(0x04, emptyBlock)
      inner()
      if (otherwise) add(0x05)
      otherwise?.()
      return add(blockEnd)
    },
  }
  const add = (...more: number[]) => {
    bytes.push(...more)
    return code
  }
  body(code, ...parameters.keys())
  return [...list(locals.map((type) => [1, types[type]])), ...bytes, blockEnd]
}

const section = (id: number, content: number[]) => [id, ...sized(content)]
const list = (items: readonly (readonly number[])[]) => [...unsigned(items.length), ...items.flat()]
const sized = (content: number[]) => [...unsigned(content.length), ...content]
const text = (value: string) => sized([...new TextEncoder().encode(value)])

/** LEB128: seven bits a byte, lowest first. */
function unsigned(value: number): number[] {
  const bytes: number[] = []
  let rest = value
  for (; rest > 127; rest >>>= 7) bytes.push((rest & 127) | 128)
  return [...bytes, rest]
}

function signed(value: number): number[] {
  const bytes: number[] = []
  let rest = value
  for (; rest > 63 || rest < -64; rest >>= 7) bytes.push((rest & 127) | 128)
  return [...bytes, rest & 127]
}
