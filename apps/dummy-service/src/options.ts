import { parseArgs } from 'node:util'
import { StreamForgeError } from '@streamforge/contracts'

/** How the dummy behaves; docs: `--help` of main.ts. */
export interface DummyOptions {
  simulateLoading: boolean
  publish: boolean
  /** Records in all. */
  records: number
  /** Records a second; 0: as fast as it goes. */
  rate: number
  /** Steps of progress after which it fails. */
  failAfter: number | undefined
  errorCode: string | undefined
  /** What it says that it came to: the text's hash and the text. */
  result: string | undefined
  hang: boolean
  exitCode: number | undefined
}

export const usage = `dummy-service stands in for any worker. Without options it waits for a stop, answering pings.
  --simulate-loading   report progress, then finish
  --publish            with it, put synthetic records and end-of-stream markers on the data topic
  --records N          records in all (default 1000)
  --rate N             records a second (default 0: as fast as it goes)
  --result TEXT        with it, end with a result of this text and its hash, as a stage does
  --fail-after N       fail after N steps of progress (10 steps make the whole)
  --error-code CODE    with which error (default INTERNAL, which is worth another attempt)
  --hang               go silent: no heartbeat, no answer, deaf to SIGTERM
  --exit-code N        end at once with this code, without a word
The same options are read from DUMMY_OPTIONS.
`

/** @throws StreamForgeError BAD_CONFIG for an option that is unknown or has a wrong value */
export function readOptions(argv: readonly string[], env: { DUMMY_OPTIONS?: string | undefined } = {}): DummyOptions {
  const args = [...(env.DUMMY_OPTIONS ?? '').split(/\s+/).filter((part) => part !== ''), ...argv]
  const { values } = parse(args)
  return {
    simulateLoading: values['simulate-loading'] ?? false,
    publish: values.publish ?? false,
    records: wholeNumber('records', values.records) ?? 1000,
    rate: wholeNumber('rate', values.rate) ?? 0,
    failAfter: wholeNumber('fail-after', values['fail-after']),
    errorCode: values['error-code'],
    result: values.result,
    hang: values.hang ?? false,
    exitCode: wholeNumber('exit-code', values['exit-code']),
  }
}

function parse(args: string[]) {
  try {
    return parseArgs({
      args,
      options: {
        'simulate-loading': { type: 'boolean' }, publish: { type: 'boolean' }, result: { type: 'string' }, records: { type: 'string' }, rate: { type: 'string' },
        'fail-after': { type: 'string' }, 'error-code': { type: 'string' }, hang: { type: 'boolean' }, 'exit-code': { type: 'string' },
      },
    })
  } catch (cause) {
    throw new StreamForgeError('BAD_CONFIG', (cause as Error).message, { cause, remedy: usage })
  }
}

function wholeNumber(name: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined
  if (/^\d{1,9}$/.test(text)) return Number(text)
  throw new StreamForgeError('BAD_CONFIG', `--${name} is '${text}', expected a whole number`, { remedy: usage })
}
