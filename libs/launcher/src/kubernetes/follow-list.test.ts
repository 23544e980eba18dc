import { afterEach, describe, expect, it } from 'vitest'
import { followList, VersionExpired, type Followed, type ListSource, type Versioned, type WatchEvent } from './follow-list.ts'

interface Item { key: string; value: number }

type WatchStep = WatchEvent<Item> | Error | 'closed'

/** A server's answers, one list or watch after another; after the last it stays silent. */
function scripted(lists: (Versioned<Item> | Error)[], watches: WatchStep[][]) {
  const asked: string[] = []
  const source: ListSource<Item> = {
    async list() {
      asked.push('list')
      const answer = lists.shift()
      if (answer === undefined) throw new Error('asked for a list too often')
      if (answer instanceof Error) throw answer
      return answer
    },
    async watch(version, signal, onEvent) {
      asked.push(`watch ${version}`)
      for (const step of watches.shift() ?? []) {
        if (step instanceof Error) throw step
        if (step === 'closed') return
        onEvent(step)
      }
      await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }))
    },
  }
  return { source, asked }
}

const put = (key: string, value: number, resourceVersion: string): WatchEvent<Item> => ({ type: 'put', item: { key, value }, resourceVersion })
const gone = (key: string, resourceVersion: string): WatchEvent<Item> => ({ type: 'gone', item: { key, value: 0 }, resourceVersion })

describe('following a list', () => {
  let followed: Followed<Item> | undefined
  afterEach(() => followed?.close())
  const follow = (source: ListSource<Item>) => {
    const seen: string[] = []
    const failures: number[] = []
    followed = followList({
      source, keyOf: (i) => i.key, onPut: (i) => seen.push(`${i.key}=${i.value}`), onGone: (i) => seen.push(`${i.key} gone`),
      onFailure: (_, attempt) => failures.push(attempt), pause: { initialMs: 1, maxMs: 4 },
    })
    return { seen, failures }
  }
  const list = (resourceVersion: string, ...items: [string, number][]): Versioned<Item> => ({ resourceVersion, items: items.map(([key, value]) => ({ key, value })) })

  it('reads it whole, then goes on from each version seen', async () => {
    const { source, asked } = scripted([list('10', ['a', 1])], [[put('b', 2, '11'), { type: 'bookmark', resourceVersion: '20' }, 'closed'], [gone('a', '21')]])
    const { seen } = follow(source)
    await expect.poll(() => seen).toEqual(['a=1', 'b=2', 'a gone'])
    expect(asked).toEqual(['list', 'watch 10', 'watch 20'])
    expect([...followed!.values()]).toEqual([{ key: 'b', value: 2 }])
  })

  it('reads it again when the version is too old, and tells what came and went meanwhile', async () => {
    const { source, asked } = scripted([list('10', ['a', 1], ['b', 1]), list('90', ['b', 2], ['c', 1])], [[new VersionExpired()], [put('c', 2, '91')]])
    const { seen, failures } = follow(source)
    await expect.poll(() => seen).toEqual(['a=1', 'b=1', 'a gone', 'b=2', 'c=1', 'c=2'])
    expect(asked).toEqual(['list', 'watch 10', 'list', 'watch 90'])
    expect(failures).toEqual([])
  })

  it('goes on where it was after the server was away', async () => {
    const away = new Error('connection refused')
    const { source, asked } = scripted([away, list('10')], [[put('a', 1, '11'), away], [away], [away], [put('a', 2, '12')]])
    const { seen, failures } = follow(source)
    await expect.poll(() => seen).toEqual(['a=1', 'a=2'])
    expect(asked).toEqual(['list', 'list', 'watch 10', 'watch 11', 'watch 11', 'watch 11'])
    expect(failures).toEqual([1, 1, 2, 3])
  })
})
