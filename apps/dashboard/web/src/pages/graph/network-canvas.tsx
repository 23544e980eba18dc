import { useEffect, useLayoutEffect, useRef, useState, type KeyboardEvent, type PointerEvent } from 'react'
import type { AssetRelation } from '@streamforge/contracts'
import { useTheme } from '../../parts/theme-toggle.tsx'
import { useWidth } from '../../parts/use-width.ts'
import { drawNetwork, fittingView, toCanvas, type View } from './draw-network.ts'
import { layoutGraph } from './graph-layout.ts'
import { isArrow, towards, type Place } from './graph-view.ts'

interface Props {
  symbols: readonly string[]
  /** All relations of the window: these place the assets, so that a filter moves nothing. */
  relations: readonly AssetRelation[]
  shown: readonly AssetRelation[]
  chosen: string | undefined
  onChoose: (symbol: string | undefined) => void
  label: string
}

/** Work on the layout in one frame. */
const frameMs = 12

/** The network on a canvas: pointer and arrow keys choose an asset, plus and minus or the buttons zoom, dragging moves. */
export function NetworkCanvas({ symbols, relations, shown, chosen, onChoose, label }: Props) {
  const holder = useRef<HTMLDivElement>(null)
  const canvas = useRef<HTMLCanvasElement>(null)
  const drag = useRef<{ x: number; y: number; view: View; moved: boolean }>(undefined)
  const theme = useTheme()
  const width = useWidth(holder)
  const height = Math.max(320, Math.min(620, Math.round(width * 0.72)))
  const places = useLayout(symbols, relations)
  /** Undefined: as all assets are seen. */
  const [moved, setMoved] = useState<View>()
  const view = moved ?? fittingView(places, width, height)
  useLayoutEffect(() => {
    const context = canvas.current?.getContext('2d')
    if (!canvas.current || !context || width === 0) return
    const ratio = window.devicePixelRatio || 1
    canvas.current.width = Math.round(width * ratio)
    canvas.current.height = Math.round(height * ratio)
    context.setTransform(ratio, 0, 0, ratio, 0, 0)
    drawNetwork(context, { places, relations: shown, chosen, theme, view, width, height })
  })
  const zoom = (factor: number, at: Place = { x: width / 2, y: height / 2 }) => {
    const scale = Math.min(8, Math.max(0.1, view.scale * factor))
    setMoved({ scale, x: at.x - (at.x - view.x) * (scale / view.scale), y: at.y - (at.y - view.y) * (scale / view.scale) })
  }
  const nearest = ({ nativeEvent: { offsetX, offsetY } }: PointerEvent) => {
    const all = [...places].map(([symbol, place]) => { const at = toCanvas(place, view); return { symbol, far: Math.hypot(at.x - offsetX, at.y - offsetY) } })
    return all.filter(({ far }) => far < 24).sort((a, b) => a.far - b.far)[0]?.symbol
  }
  const onKey = (event: KeyboardEvent) => {
    if (event.key === '+' || event.key === '=') zoom(1.25)
    else if (event.key === '-') zoom(0.8)
    else if (event.key === '0') setMoved(undefined)
    else if (event.key === 'Escape') onChoose(undefined)
    else if (isArrow(event.key)) onChoose(chosen === undefined ? symbols[0] : towards(event.key, chosen, places) ?? chosen)
    else return
    event.preventDefault()
  }
  return (
    <div className="network" ref={holder}>
      <canvas ref={canvas} role="img" aria-label={label} tabIndex={0} style={{ height }} onKeyDown={onKey}
        onPointerDown={(event) => { drag.current = { x: event.clientX, y: event.clientY, view, moved: false } }}
        onPointerMove={(event) => {
          const start = drag.current
          if (!start || event.pointerType !== 'mouse') return
          const [dx, dy] = [event.clientX - start.x, event.clientY - start.y]
          start.moved ||= Math.hypot(dx, dy) > 4
          if (start.moved) setMoved({ ...start.view, x: start.view.x + dx, y: start.view.y + dy })
        }}
        onPointerUp={(event) => {
          if (!drag.current?.moved) onChoose(nearest(event))
          drag.current = undefined
        }}
        onPointerLeave={() => { drag.current = undefined }} />
      <div className="network-buttons">
        <button type="button" className="icon-button" aria-label="Zoom in" onClick={() => zoom(1.4)}>+</button>
        <button type="button" className="icon-button" aria-label="Zoom out" onClick={() => zoom(1 / 1.4)}>−</button>
        <button type="button" className="icon-button" aria-label="Show all" onClick={() => setMoved(undefined)}>⤢</button>
      </div>
    </div>
  )
}

/** Places that move a little in each frame until they rest; at once for people who want no motion. */
function useLayout(symbols: readonly string[], relations: readonly AssetRelation[]): ReadonlyMap<string, Place> {
  const [places, setPlaces] = useState<ReadonlyMap<string, Place>>(new Map())
  const last = useRef(places)
  useEffect(() => { last.current = places }, [places])
  useEffect(() => {
    const layout = layoutGraph(symbols, relations, last.current)
    const still = window.matchMedia('(prefers-reduced-motion: reduce)').matches
    let frame = 0
    const step = () => {
      const rests = layout.advance(still ? 2_000 : frameMs, () => performance.now())
      setPlaces(layout.places())
      if (!rests) frame = requestAnimationFrame(step)
    }
    frame = requestAnimationFrame(step)
    return () => cancelAnimationFrame(frame)
  }, [symbols, relations])
  return places
}
