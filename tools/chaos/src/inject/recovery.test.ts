import { expect, it } from 'vitest'
import { wayBack } from './recovery.ts'

type Queue = Parameters<typeof wayBack>[0]
type Args = Parameters<typeof wayBack>
const worksAgain = (...args: Args) => wayBack(...args).stored
const queue = (loader: Partial<Queue['jobs'][number]>, connector: Partial<Queue['jobs'][number]>, status: Queue['status'] = 'running'): Queue => ({
  status, jobs: [{ target: 'loader-producer', status: 'running', attempt: 1, ...loader }, { target: 'arango-connector', status: 'running', attempt: 1, records_written: 10, ...connector }] as Queue['jobs'],
})
const before = queue({}, {})

it('works again once records were stored since, by jobs that all work', () => {
  expect(worksAgain(before, before, undefined)).toBe(false)
  expect(worksAgain(queue({}, { records_written: 11 }), before, undefined)).toBe(true)
  expect(worksAgain(queue({ status: 'waiting' }, { records_written: 11 }), before, undefined)).toBe(false)
  expect(worksAgain(queue({ status: 'finished' }, { status: 'finished' }), before, undefined)).toBe(true)
  expect(worksAgain(queue({ status: 'waiting' }, {}, 'finished'), before, undefined)).toBe(true)
})

it('waits for the attempt that had to be replaced', () => {
  const replaced = { queueId: 'queue', target: 'loader-producer', attempt: 1 }
  expect(worksAgain(queue({}, { records_written: 11 }), before, replaced)).toBe(false)
  expect(worksAgain(queue({ attempt: 2 }, { records_written: 11 }), before, replaced)).toBe(true)
  expect(worksAgain(queue({ status: 'finished' }, { records_written: 11 }), before, replaced)).toBe(true)
})

it('tells how far it is: noticed, launched again, at work, storing', () => {
  const replaced = { queueId: 'queue', target: 'loader-producer', attempt: 1 }
  const at = (loader: Parameters<typeof queue>[0], connector = {}) => Object.entries(wayBack(queue(loader, connector), before, replaced)).flatMap(([step, reached]) => (reached ? [step] : []))
  expect(at({})).toEqual([])
  expect(at({ status: 'waiting' })).toEqual(['noticed'])
  expect(at({ attempt: 2, status: 'launching' })).toEqual(['noticed', 'relaunched'])
  expect(at({ attempt: 2 })).toEqual(['noticed', 'relaunched', 'working'])
  expect(at({ attempt: 2 }, { records_written: 11 })).toEqual(['noticed', 'relaunched', 'working', 'stored'])
  expect(at({ attempt: 2 }, { records_written: 11, status: 'waiting' })).toEqual(['noticed', 'relaunched'])
})
