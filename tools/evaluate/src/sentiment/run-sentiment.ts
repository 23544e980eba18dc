import { mkdir, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { finbertScorer, lexiconScorer, type SentimentScorer } from '@streamforge/market'
import { evaluateSentiment } from './evaluate-sentiment.ts'
import { renderSentiment } from './render-sentiment.ts'

interface RunOptions { json: boolean; file: string; seed: number; environment: Readonly<Record<string, string | undefined>> }

/** `npm run evaluate -- sentiment`: the lexicon (and FinBERT, where SENTIMENT_MODEL or SENTIMENT_MODEL_FOLDER name it), beside what is trained on the same posts. */
export async function runSentiment(folder: string, { json, file, seed, environment }: RunOptions): Promise<void> {
  const { SENTIMENT_MODEL: model, SENTIMENT_MODEL_FOLDER: modelFolder } = environment
  const scorers: SentimentScorer[] = [lexiconScorer()]
  if (model !== undefined || modelFolder !== undefined) scorers.push(await finbertScorer({ ...(model !== undefined && { model }), modelFolder }))
  const result = await evaluateSentiment(folder, scorers, { seed })
  for (const scorer of scorers) await scorer.close()
  const text = `${JSON.stringify(result, null, 2)}\n`
  await mkdir(dirname(file), { recursive: true })
  await writeFile(file, text)
  process.stdout.write(json ? text : `${renderSentiment(result)}\n\nwritten to ${file}\n`)
}
