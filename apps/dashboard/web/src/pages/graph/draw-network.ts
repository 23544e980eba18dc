import type { AssetRelation, RelationKind } from '@streamforge/contracts'
import type { Theme } from '../../parts/theme-toggle.tsx'
import type { Place } from './graph-view.ts'

/** A canvas is out of reach of style sheets: the same colours as graph.css has. */
export const kindColours: Record<Theme, Record<RelationKind, string>> = {
  light: { correlation: '#1c5fd0', lead_lag: '#c22f40', volume_volatility: '#8a5a00', sector: '#0a7d5c', co_mention: '#7a45c4' },
  dark: { correlation: '#6aa5ff', lead_lag: '#f47781', volume_volatility: '#f2b23e', sector: '#2bc48f', co_mention: '#b693f5' },
}
const inks: Record<Theme, { text: string; node: string; halo: string }> = {
  light: { text: '#142033', node: '#526075', halo: '#ffffff' }, dark: { text: '#e4ebf4', node: '#93a3b8', halo: '#111b2a' },
}

/** Where the layout's units come to lie on the canvas, in CSS pixels. */
export interface View { x: number; y: number; scale: number }

export interface Scene {
  places: ReadonlyMap<string, Place>
  relations: readonly AssetRelation[]
  chosen: string | undefined
  theme: Theme
  view: View
  width: number
  height: number
}

/** A view in which all assets are seen. */
export function fittingView(places: ReadonlyMap<string, Place>, width: number, height: number): View {
  const all = [...places.values()]
  if (!all.length) return { x: width / 2, y: height / 2, scale: 1 }
  const [left, right, top, bottom] = [Math.min(...all.map((p) => p.x)), Math.max(...all.map((p) => p.x)), Math.min(...all.map((p) => p.y)), Math.max(...all.map((p) => p.y))]
  const scale = Math.min(6, (width - 110) / (right - left || 1), (height - 60) / (bottom - top || 1))
  return { x: width / 2 - scale * (left + right) / 2, y: height / 2 - scale * (top + bottom) / 2, scale }
}

export const toCanvas = ({ x, y }: Place, view: View): Place => ({ x: view.x + x * view.scale, y: view.y + y * view.scale })

export function drawNetwork(context: CanvasRenderingContext2D, scene: Scene): void {
  const { places, relations, chosen, theme, view, width, height } = scene
  context.clearRect(0, 0, width, height)
  const near = new Set(relations.flatMap((r) => (r.source === chosen ? [r.target] : r.target === chosen ? [r.source] : [])))
  const touches = (r: AssetRelation) => chosen === undefined || r.source === chosen || r.target === chosen
  // What is chosen lies above the rest.
  for (const top of [false, true]) for (const relation of relations) if (touches(relation) === top) drawRelation(context, relation, scene, top)
  context.globalAlpha = 1
  context.setLineDash([])
  const crowded = places.size > 80 && view.scale < 1.3
  context.textAlign = 'center'
  for (const [symbol, place] of places) {
    const { x, y } = toCanvas(place, view)
    const lit = chosen === undefined || symbol === chosen || near.has(symbol)
    context.globalAlpha = lit ? 1 : 0.3
    context.beginPath()
    context.arc(x, y, symbol === chosen ? 8 : 5, 0, 2 * Math.PI)
    context.fillStyle = symbol === chosen ? kindColours[theme].correlation : inks[theme].node
    context.fill()
    if (crowded && !(chosen !== undefined && lit)) continue
    context.font = `${symbol === chosen ? '700 13px' : '11px'} system-ui, sans-serif`
    context.lineWidth = 3
    context.strokeStyle = inks[theme].halo
    context.strokeText(symbol, x, y - 10)
    context.fillStyle = inks[theme].text
    context.fillText(symbol, x, y - 10)
  }
}

/** Kinds that join the same two assets lie beside each other. */
const offsets: Record<RelationKind, number> = { correlation: 0, lead_lag: 4, volume_volatility: -4, sector: 8, co_mention: -8 }

function drawRelation(context: CanvasRenderingContext2D, { source, target, kind, weight, directed }: AssetRelation, { places, theme, view, chosen }: Scene, top: boolean): void {
  const [from, to] = [places.get(source), places.get(target)]
  if (!from || !to) return
  const [a, b] = [toCanvas(from, view), toCanvas(to, view)]
  const length = Math.hypot(b.x - a.x, b.y - a.y) || 1
  const side = (offsets[kind] * (source < target ? 1 : -1)) / length
  const shift = { x: -(b.y - a.y) * side, y: (b.x - a.x) * side }
  const strength = Math.abs(weight)
  context.globalAlpha = top ? (chosen === undefined ? 0.25 + 0.6 * strength : 0.9) : 0.08
  context.strokeStyle = context.fillStyle = kindColours[theme][kind]
  context.lineWidth = 0.8 + 3 * strength
  context.setLineDash(weight < 0 ? [5, 4] : [])
  context.beginPath()
  context.moveTo(a.x + shift.x, a.y + shift.y)
  context.lineTo(b.x + shift.x, b.y + shift.y)
  context.stroke()
  if (directed && length > 20) drawArrow(context, { x: b.x + shift.x, y: b.y + shift.y }, { x: (b.x - a.x) / length, y: (b.y - a.y) / length })
}

function drawArrow(context: CanvasRenderingContext2D, tip: Place, { x, y }: Place): void {
  const back = { x: tip.x - 15 * x, y: tip.y - 15 * y }
  context.beginPath()
  context.moveTo(tip.x - 7 * x, tip.y - 7 * y)
  context.lineTo(back.x - 4 * y, back.y + 4 * x)
  context.lineTo(back.x + 4 * y, back.y - 4 * x)
  context.fill()
}
