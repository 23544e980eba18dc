import { toLittleEndian } from '../little-endian.ts'
import { type MessageWriter, protobufMessage } from './protobuf-writer.ts'

/** Operators of this version of the standard set; every ONNX runtime since 2021 has them. */
const operatorSet = 15
const irVersion = 8
const dataTypes = { float: 1, int64: 7 } as const
const attributeTypes = { float: 1, integer: 2, text: 3, integers: 7 } as const

type Attribute = number | string | readonly number[]

export interface OnnxInput {
  name: string
  /** A name stands for a length that may differ from call to call. */
  shape: readonly (number | string)[]
}

/**
 * Builds an ONNX graph operator by operator. Values are referred to by the names that methods give back.
 * Field numbers are those of onnx.proto (github.com/onnx/onnx).
 */
export interface OnnxGraph {
  /** Weights; float32, row-major. */
  tensor(name: string, shape: readonly number[], values: Float32Array): string
  /** A list of int64, such as a shape. */
  integers(values: readonly number[]): string
  scalar(value: number): string
  /** Float attributes are given with `floats`, since a whole number would be taken for an integer. */
  node(operator: string, inputs: readonly string[], attributes?: Readonly<Record<string, Attribute>>, floats?: Readonly<Record<string, number>>): string
  /** The same with several outputs. */
  nodes(operator: string, inputs: readonly string[], outputs: number, attributes?: Readonly<Record<string, Attribute>>): string[]
  /** The model's bytes. */
  finish(parts: { name: string; inputs: readonly OnnxInput[]; outputs: readonly (OnnxInput & { value: string })[]; metadata: Readonly<Record<string, string>> }): Uint8Array
}

export function onnxGraph(): OnnxGraph {
  const nodes: MessageWriter[] = []
  const initializers: MessageWriter[] = []
  let count = 0
  const add = (operator: string, inputs: readonly string[], outputs: readonly string[], attributes: Readonly<Record<string, Attribute>>, floats: Readonly<Record<string, number>>) => {
    const node = protobufMessage()
    for (const input of inputs) node.text(1, input)
    for (const output of outputs) node.text(2, output)
    node.text(3, `${operator}_${nodes.length}`).text(4, operator)
    for (const [name, value] of Object.entries(attributes)) node.message(5, attribute(name, value))
    for (const [name, value] of Object.entries(floats)) node.message(5, protobufMessage().text(1, name).float(2, value).integer(20, attributeTypes.float))
    nodes.push(node)
  }
  const graph: OnnxGraph = {
    tensor(name, shape, values) {
      initializers.push(initializer(name, shape, dataTypes.float, toLittleEndian(values)))
      return name
    },
    integers(values) {
      const name = `integers_${count++}`
      initializers.push(initializer(name, [values.length], dataTypes.int64, new Uint8Array(BigInt64Array.from(values, BigInt).buffer)))
      return name
    },
    scalar: (value) => graph.tensor(`scalar_${count++}`, [], Float32Array.of(value)),
    nodes(operator, inputs, outputs, attributes = {}) {
      const names = Array.from({ length: outputs }, () => `value_${count++}`)
      add(operator, inputs, names, attributes, {})
      return names
    },
    node(operator, inputs, attributes = {}, floats = {}) {
      const name = `value_${count++}`
      add(operator, inputs, [name], attributes, floats)
      return name
    },
    finish({ name, inputs, outputs, metadata }) {
      for (const output of outputs) add('Identity', [output.value], [output.name], {}, {})
      const body = protobufMessage()
      for (const node of nodes) body.message(1, node)
      body.text(2, name)
      for (const weights of initializers) body.message(5, weights)
      for (const input of inputs) body.message(11, valueInfo(input))
      for (const output of outputs) body.message(12, valueInfo(output))
      const model = protobufMessage().integer(1, irVersion).text(2, 'streamforge').message(7, body).message(8, protobufMessage().text(1, '').integer(2, operatorSet))
      for (const [key, value] of Object.entries(metadata)) model.message(14, protobufMessage().text(1, key).text(2, value))
      return model.finish()
    },
  }
  return graph
}

function attribute(name: string, value: Attribute): MessageWriter {
  const message = protobufMessage().text(1, name)
  if (typeof value === 'number') return message.integer(3, value).integer(20, attributeTypes.integer)
  if (typeof value === 'string') return message.text(4, value).integer(20, attributeTypes.text)
  for (const item of value) message.integer(8, item)
  return message.integer(20, attributeTypes.integers)
}

function initializer(name: string, shape: readonly number[], type: number, raw: Uint8Array): MessageWriter {
  const message = protobufMessage()
  for (const length of shape) message.integer(1, length)
  return message.integer(2, type).text(8, name).bytes(9, raw)
}

function valueInfo({ name, shape }: OnnxInput): MessageWriter {
  const dimensions = protobufMessage()
  for (const length of shape) dimensions.message(1, typeof length === 'number' ? protobufMessage().integer(1, length) : protobufMessage().text(2, length))
  const tensor = protobufMessage().integer(1, dataTypes.float).message(2, dimensions)
  return protobufMessage().text(1, name).message(2, protobufMessage().message(1, tensor))
}
