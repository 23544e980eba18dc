import { forceCollide, forceLink, forceManyBody, forceSimulation, forceX, forceY, type Simulation, type SimulationLinkDatum, type SimulationNodeDatum } from 'd3-force'
import { strongestPairs, type Place } from './graph-view.ts'
import type { AssetRelation } from '@streamforge/contracts'

interface Node extends SimulationNodeDatum { symbol: string }
interface Link extends SimulationLinkDatum<Node> { strength: number }

export interface Layout {
  /** Moves the assets on, for at most so many milliseconds; true once they rest. */
  advance(milliseconds: number, now: () => number): boolean
  places(): ReadonlyMap<string, Place>
}

/**
 * Places assets so that strongly related ones are near each other. Those of another window keep their places to begin with, so that a
 * moving slider shows what has changed. The same relations give the same picture.
 */
export function layoutGraph(symbols: readonly string[], relations: readonly AssetRelation[], before: ReadonlyMap<string, Place> = new Map()): Layout {
  const nodes = symbols.map((symbol): Node => ({ symbol, ...before.get(symbol) }))
  const known = new Set(symbols)
  const links = strongestPairs(relations).filter(({ source, target }) => known.has(source) && known.has(target)).map((pair): Link => ({ ...pair }))
  const simulation: Simulation<Node, Link> = forceSimulation<Node, Link>(nodes)
    .force('link', forceLink<Node, Link>(links).id((node) => node.symbol).distance((link) => 34 + 60 * (1 - link.strength)).strength((link) => 0.05 + 0.5 * link.strength))
    .force('apart', forceManyBody<Node>().strength(-140).distanceMax(420))
    .force('room', forceCollide<Node>(15)).force('x', forceX<Node>().strength(0.05)).force('y', forceY<Node>().strength(0.07))
    .alpha(before.size ? 0.35 : 1).alphaDecay(0.03).stop()
  return {
    advance(milliseconds, now) {
      const end = now() + milliseconds
      do simulation.tick()
      while (simulation.alpha() > simulation.alphaMin() && now() < end)
      return simulation.alpha() <= simulation.alphaMin()
    },
    places: () => new Map(nodes.map(({ symbol, x = 0, y = 0 }) => [symbol, { x, y }])),
  }
}
