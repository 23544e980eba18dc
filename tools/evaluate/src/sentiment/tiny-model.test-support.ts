import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

/**
 * A text classifier in the form of FinBERT's files, small enough to be made here: each known word adds its three numbers to the logits of negative, neutral and positive.
 * Field numbers are those of onnx.proto (github.com/onnx/onnx) and Protocol Buffers' wire format.
 */
export async function writeTinyModel(folder: string, words: Readonly<Record<string, readonly [number, number, number]>>): Promise<void> {
  const vocabulary = ['[PAD]', '[UNK]', '[CLS]', '[SEP]', '[MASK]', ...Object.keys(words)]
  const table = vocabulary.flatMap((word) => words[word] ?? [0, 0, 0])
  await mkdir(join(folder, 'onnx'), { recursive: true })
  await writeFile(join(folder, 'onnx', 'model.onnx'), onnxModel(vocabulary.length, Float32Array.from(table)))
  const json = (name: string, value: unknown) => writeFile(join(folder, name), JSON.stringify(value))
  await json('config.json', {
    model_type: 'bert', architectures: ['BertForSequenceClassification'], vocab_size: vocabulary.length, hidden_size: 3, num_attention_heads: 1, num_hidden_layers: 1, max_position_embeddings: 512,
    id2label: { 0: 'negative', 1: 'neutral', 2: 'positive' }, label2id: { negative: 0, neutral: 1, positive: 2 },
  })
  await json('tokenizer_config.json', { tokenizer_class: 'BertTokenizer', do_lower_case: true, model_max_length: 512, pad_token: '[PAD]', unk_token: '[UNK]', cls_token: '[CLS]', sep_token: '[SEP]', mask_token: '[MASK]' })
  await json('tokenizer.json', tokenizer(vocabulary))
}

function tokenizer(vocabulary: readonly string[]) {
  const special = (id: number) => ({ id, content: vocabulary[id], single_word: false, lstrip: false, rstrip: false, normalized: false, special: true })
  return {
    version: '1.0', truncation: null, padding: null, added_tokens: [0, 1, 2, 3, 4].map(special),
    normalizer: { type: 'BertNormalizer', clean_text: true, handle_chinese_chars: true, strip_accents: null, lowercase: true },
    pre_tokenizer: { type: 'BertPreTokenizer' },
    post_processor: {
      type: 'TemplateProcessing',
      single: [{ SpecialToken: { id: '[CLS]', type_id: 0 } }, { Sequence: { id: 'A', type_id: 0 } }, { SpecialToken: { id: '[SEP]', type_id: 0 } }],
      pair: [{ SpecialToken: { id: '[CLS]', type_id: 0 } }, { Sequence: { id: 'A', type_id: 0 } }, { SpecialToken: { id: '[SEP]', type_id: 0 } }, { Sequence: { id: 'B', type_id: 1 } }, { SpecialToken: { id: '[SEP]', type_id: 1 } }],
      special_tokens: Object.fromEntries(['[CLS]', '[SEP]'].map((token) => [token, { id: token, ids: [vocabulary.indexOf(token)], tokens: [token] }])),
    },
    decoder: { type: 'WordPiece', prefix: '##', cleanup: true },
    model: { type: 'WordPiece', unk_token: '[UNK]', continuing_subword_prefix: '##', max_input_chars_per_word: 100, vocab: Object.fromEntries(vocabulary.map((word, id) => [word, id])) },
  }
}

type Field = readonly [field: number, value: number | string | Uint8Array]
const float = 1
const int64 = 7

/** logits[text] = sum over words of table[word], padding counted as nothing since its row is 0. */
function onnxModel(words: number, table: Float32Array): Uint8Array {
  const axes = initializer('axes', [1], int64, new Uint8Array(BigInt64Array.of(1n).buffer))
  const node = (operator: string, inputs: readonly string[], output: string, attributes: readonly Uint8Array[] = []) =>
    message(...inputs.map((input): Field => [1, input]), [2, output], [4, operator], ...attributes.map((attribute): Field => [5, attribute]))
  const graph = message(
    [1, node('Gather', ['table', 'input_ids'], 'rows')],
    [1, node('ReduceSum', ['rows', 'axes'], 'logits', [message([1, 'keepdims'], [3, 0], [20, 2])])],
    [2, 'tiny'], [5, initializer('table', [words, 3], float, new Uint8Array(table.buffer))], [5, axes],
    [11, value('input_ids', int64, ['batch', 'length'])], [11, value('attention_mask', int64, ['batch', 'length'])], [12, value('logits', float, ['batch', 3])],
  )
  return message([1, 8], [7, graph], [8, message([1, ''], [2, 15])])
}

const initializer = (name: string, shape: readonly number[], type: number, raw: Uint8Array) =>
  message(...shape.map((length): Field => [1, length]), [2, type], [8, name], [9, raw])

function value(name: string, type: number, shape: readonly (number | string)[]): Uint8Array {
  const dimensions = message(...shape.map((length): Field => [1, typeof length === 'number' ? message([1, length]) : message([2, length])]))
  return message([1, name], [2, message([1, message([1, type], [2, dimensions])])])
}

function message(...fields: readonly Field[]): Uint8Array {
  return Buffer.concat(fields.flatMap(([field, content]) => {
    if (typeof content === 'number') return [varint(field * 8), varint(content)]
    const bytes = typeof content === 'string' ? Buffer.from(content) : content
    return [varint(field * 8 + 2), varint(bytes.length), bytes]
  }))
}

function varint(number: number): Uint8Array {
  const bytes: number[] = []
  for (; number > 127; number = Math.floor(number / 128)) bytes.push((number % 128) + 128)
  return Uint8Array.from([...bytes, number])
}
