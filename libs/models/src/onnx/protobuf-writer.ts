/** Writes messages in Protocol Buffers' wire format (protobuf.dev/programming-guides/encoding), as far as ONNX needs it. Fields go by number. */
export interface MessageWriter {
  /** int32, int64, enum. */
  integer(field: number, value: number | bigint): MessageWriter
  float(field: number, value: number): MessageWriter
  bytes(field: number, value: Uint8Array): MessageWriter
  text(field: number, value: string): MessageWriter
  message(field: number, value: MessageWriter): MessageWriter
  finish(): Uint8Array
}

const wireType = { varint: 0, bytes: 2, fixed32: 5 } as const

export function protobufMessage(): MessageWriter {
  const parts: Uint8Array[] = []
  const tag = (field: number, type: number) => parts.push(varint(BigInt(field * 8 + type)))
  const writer: MessageWriter = {
    integer(field, value) {
      tag(field, wireType.varint)
      parts.push(varint(BigInt(value)))
      return writer
    },
    float(field, value) {
      tag(field, wireType.fixed32)
      const part = new Uint8Array(4)
      new DataView(part.buffer).setFloat32(0, value, true)
      parts.push(part)
      return writer
    },
    bytes(field, value) {
      tag(field, wireType.bytes)
      parts.push(varint(BigInt(value.length)), value)
      return writer
    },
    text: (field, value) => writer.bytes(field, new TextEncoder().encode(value)),
    message: (field, value) => writer.bytes(field, value.finish()),
    finish: () => Buffer.concat(parts),
  }
  return writer
}

/** Seven bits a byte, lowest first; negative numbers as 64-bit two's complement. */
function varint(value: bigint): Uint8Array {
  const bytes: number[] = []
  let rest = BigInt.asUintN(64, value)
  for (; rest > 127n; rest >>= 7n) bytes.push(Number(rest & 127n) | 128)
  bytes.push(Number(rest))
  return Uint8Array.from(bytes)
}
