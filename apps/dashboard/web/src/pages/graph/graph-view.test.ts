import type { AssetRelation, GraphVersion } from '@streamforge/contracts'
import { describe, expect, it } from 'vitest'
import { layoutGraph } from './graph-layout.ts'
import { filterRelations, neighboursOf, strongestPairs, towards, windowSeries } from './graph-view.ts'

const relation = (kind: AssetRelation['kind'], source: string, target: string, weight: number, directed = false) => ({ kind, source, target, weight, directed }) as AssetRelation
const relations = [relation('correlation', 'A', 'B', 0.9), relation('lead_lag', 'B', 'A', -0.3, true), relation('sector', 'C', 'D', 1)]

describe('the graph', () => {
  it('shows relations of chosen kinds that are strong enough, whatever their sign', () => {
    expect(filterRelations(relations, { kinds: new Set(['correlation', 'lead_lag']), minimum: 0.3 })).toHaveLength(2)
    expect(filterRelations(relations, { kinds: new Set(['lead_lag', 'sector']), minimum: 0.5 }).map((r) => r.kind)).toEqual(['sector'])
  })
  it('tells neighbours apart by who moves first', () => {
    expect(neighboursOf('A', relations).map((n) => [n.symbol, n.relation.kind, n.way])).toEqual([['B', 'correlation', 'both'], ['B', 'lead_lag', 'follows']])
    expect(neighboursOf('B', relations).map((n) => n.way)).toEqual(['both', 'leads'])
    expect(strongestPairs(relations)).toEqual([{ source: 'A', target: 'B', strength: 0.9 }, { source: 'C', target: 'D', strength: 1 }])
  })
  it('lines up the windows of each stage', () => {
    const version = (queue_id: string, to: number, created_at: number) => ({ queue_id, to, created_at }) as GraphVersion
    const series = windowSeries([version('a', 3, 1), version('b', 9, 5), version('a', 1, 1), version('a', 2, 1)])
    expect(series.map((s) => [s.queueId, s.versions.map((v) => v.to)])).toEqual([['b', [9]], ['a', [1, 2, 3]]])
  })
  it('is walked by arrow keys', () => {
    const places = new Map([['A', { x: 0, y: 0 }], ['B', { x: 10, y: 1 }], ['C', { x: 4, y: 9 }], ['D', { x: -5, y: 0 }]])
    expect(['ArrowRight', 'ArrowLeft', 'ArrowDown', 'ArrowUp', 'x'].map((key) => towards(key, 'A', places))).toEqual(['B', 'D', 'C', undefined, undefined])
  })
})

describe('its layout', () => {
  const symbols = ['A', 'B', 'C', 'D', 'E', 'F']
  const settle = (before?: ReadonlyMap<string, { x: number; y: number }>) => {
    const layout = layoutGraph(symbols, relations, before)
    for (let n = 0; n < 1_000 && !layout.advance(0, () => 0); n++);
    return layout.places()
  }
  const far = (places: ReturnType<typeof settle>, a: string, b: string) => Math.hypot(places.get(a)!.x - places.get(b)!.x, places.get(a)!.y - places.get(b)!.y)
  it('is the same each time, with related assets nearer than others', () => {
    const places = settle()
    expect([...settle()]).toEqual([...places])
    expect([...places.values()].every(({ x, y }) => Number.isFinite(x) && Number.isFinite(y))).toBe(true)
    const others = symbols.flatMap((a) => symbols.filter((b) => a < b && `${a}${b}` !== 'AB' && `${a}${b}` !== 'CD').map((b) => far(places, a, b)))
    expect(Math.max(far(places, 'A', 'B'), far(places, 'C', 'D'))).toBeLessThan(others.reduce((sum, d) => sum + d, 0) / others.length)
  })
  it('leaves assets about where they were', () => {
    const places = settle()
    const again = settle(places)
    for (const [symbol, { x, y }] of again) expect(Math.hypot(x - places.get(symbol)!.x, y - places.get(symbol)!.y), symbol).toBeLessThan(20)
  })
})
