import { createRequire } from 'node:module'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { StreamForgeError } from '@streamforge/contracts'
import { labelOf, type SentimentScorer, type TextSentiment } from './sentiment-scorer.ts'

/** FinBERT (Araci 2019) in ONNX form on the Hugging Face hub. */
export const defaultFinbertModel = 'Xenova/finbert'
export const transformersPackage = '@huggingface/transformers'

export interface FinbertOptions {
  /** Of the hub, or a folder's name in `modelFolder`. */
  model?: string
  /** A folder with models, each a folder with `config.json`, `tokenizer.json` and `onnx/model.onnx` (or `model_quantized.onnx`). Given, nothing is fetched. */
  modelFolder?: string | undefined
  /** A folder in whose `node_modules` the package is looked for, where it is not among this program's own. */
  packageFolder?: string | undefined
  /** Which weights: `fp32` is `onnx/model.onnx`, `q8` `onnx/model_quantized.onnx`. Default: fp32. */
  dtype?: 'fp32' | 'q8'
}

/** The part of `@huggingface/transformers` that is used. */
interface Transformers {
  env: { allowRemoteModels: boolean; allowLocalModels: boolean; localModelPath: string; version?: string }
  pipeline(task: 'text-classification', model: string, options: { dtype: string }): Promise<TextClassifier>
}
interface TextClassifier {
  (texts: string[], options: { top_k: null }): Promise<{ label: string; score: number }[][]>
  dispose(): Promise<unknown>
}

const texts = 16

/**
 * Judges with a model of three classes (positive, negative, neutral): the score is the probability of positive less that of negative. The package is not installed with
 * StreamForge (over 300 MB of binaries), see docs/NEWS.md.
 * @throws StreamForgeError BACKEND_UNAVAILABLE when the package is not there, NOT_FOUND when the model is not, MODEL_MISMATCH when its classes are others
 */
export async function finbertScorer(options: FinbertOptions = {}): Promise<SentimentScorer> {
  const { model = defaultFinbertModel, modelFolder, dtype = 'fp32' } = options
  const { env, pipeline } = await importTransformers(options.packageFolder)
  env.allowRemoteModels = modelFolder === undefined
  if (modelFolder !== undefined) {
    env.allowLocalModels = true
    env.localModelPath = join(modelFolder, '/')
  }
  const classify = await pipeline('text-classification', model, { dtype }).catch((cause: unknown) => { throw modelMissing(model, modelFolder, cause) })
  return {
    name: 'finbert', version: `${model.slice(-40)}/${dtype}`,
    async score(all) {
      const answers: TextSentiment[] = []
      for (let at = 0; at < all.length; at += texts) answers.push(...(await classify(all.slice(at, at + texts), { top_k: null })).map((classes) => sentimentOf(classes, model)))
      return answers
    },
    close: async () => void await classify.dispose(),
  }
}

/** Pure. @throws StreamForgeError MODEL_MISMATCH */
export function sentimentOf(classes: readonly { label: string; score: number }[], model: string): TextSentiment {
  const of = (label: string) => classes.find((c) => c.label.toLowerCase() === label)?.score
  const [positive, negative, neutral] = [of('positive'), of('negative'), of('neutral')]
  if (positive === undefined || negative === undefined || neutral === undefined) {
    throw new StreamForgeError('MODEL_MISMATCH', `${model} tells ${classes.map(({ label }) => label).join(', ')}; expected positive, negative and neutral`, {
      remedy: 'choose a model of financial sentiment such as FinBERT',
    })
  }
  const score = Math.min(1, Math.max(-1, positive - negative)) + 0
  return { score, label: neutral >= positive && neutral >= negative ? 'neutral' : labelOf(score) }
}

async function importTransformers(packageFolder: string | undefined): Promise<Transformers> {
  try {
    const name: string = packageFolder === undefined ? transformersPackage : locate(packageFolder)
    return await import(name) as Transformers
  } catch (cause) {
    throw new StreamForgeError('BACKEND_UNAVAILABLE', `the scorer finbert needs the package ${transformersPackage}, which is not installed`, {
      cause, remedy: `ONNXRUNTIME_NODE_INSTALL=skip npm install --no-save ${transformersPackage}, or SENTIMENT_SCORER=lexicon`,
    })
  }
}

const locate = (folder: string) => pathToFileURL(createRequire(join(folder, 'package.json')).resolve(transformersPackage)).href

function modelMissing(model: string, modelFolder: string | undefined, cause: unknown): StreamForgeError {
  const where = modelFolder === undefined ? 'on the hub (or it cannot be reached)' : `in ${modelFolder}`
  return new StreamForgeError('NOT_FOUND', `the model ${model} cannot be loaded: it is not ${where}, or not whole`, {
    cause, remedy: 'put config.json, tokenizer.json, tokenizer_config.json and onnx/model.onnx into <SENTIMENT_MODEL_FOLDER>/<SENTIMENT_MODEL>',
  })
}
