import { defaultSeriesBucket } from '@streamforge/contracts'
import type { Target } from './queries.ts'

export interface Panel {
  title: string
  description?: string
  type?: 'timeseries' | 'stat' | 'table' | 'bargauge' | 'candlestick'
  /** Grafana's unit id: short, s, bytes, percentunit, ops ... */
  unit: string
  targets: readonly Target[]
  /** Of 24; default 12. */
  width?: number
  height?: number
  /** Sums up what is shown. */
  stack?: boolean
}

export interface Variable {
  name: string
  label: string
  /** Flux that lists its values. */
  query: string
  multi?: boolean
}

export interface Dashboard {
  uid: string
  title: string
  description: string
  uses: readonly ('prometheus' | 'influxdb')[]
  variables?: readonly Variable[]
  panels: readonly Panel[]
  from?: string
  refresh?: string
}

/** Grafana's JSON (schema 39, Grafana 11), with panels laid out from left to right, row by row. */
export function toGrafana(dashboard: Dashboard): Record<string, unknown> {
  const { uid, title, description, uses, variables = [], panels, from = 'now-6h', refresh = '30s' } = dashboard
  const places = layOut(panels)
  return {
    uid, title, description, tags: ['streamforge'], schemaVersion: 39, version: 1, editable: false, graphTooltip: 1, timezone: 'utc',
    time: { from, to: 'now' }, refresh, annotations: { list: [] }, links: [{ type: 'dashboards', title: 'StreamForge', tags: ['streamforge'], asDropdown: true, keepTime: true }],
    templating: { list: [...uses.map(dataSource), ...(uses.includes('influxdb') ? [bucket] : []), ...variables.map(toVariable)] },
    panels: panels.map((panel, i) => toPanel(panel, i + 1, places[i]!)),
  }
}

const dataSource = (type: string) => ({ name: type, label: type === 'influxdb' ? 'InfluxDB' : 'Prometheus', type: 'datasource', query: type, current: {}, hide: 0 })
const bucket = { name: 'bucket', label: 'Bucket', type: 'textbox', query: defaultSeriesBucket, current: { text: defaultSeriesBucket, value: defaultSeriesBucket }, hide: 0 }

function toVariable({ name, label, query, multi = false }: Variable) {
  return {
    name, label, type: 'query', datasource: { type: 'influxdb', uid: '${influxdb}' }, query: { query, refId: 'A' }, definition: query, refresh: 2, sort: 1, multi,
    includeAll: multi, current: {}, hide: 0,
  }
}

interface Place { x: number; y: number; w: number; h: number }

function layOut(panels: readonly Panel[]): Place[] {
  const row = { x: 0, y: 0, height: 0 }
  return panels.map(({ width = 12, height = 8 }) => {
    if (row.x + width > 24) Object.assign(row, { x: 0, y: row.y + row.height, height: 0 })
    const place = { x: row.x, y: row.y, w: width, h: height }
    row.x += width
    row.height = Math.max(row.height, height)
    return place
  })
}

function toPanel({ title, description, type = 'timeseries', unit, targets, stack = false }: Panel, id: number, gridPos: Place) {
  return {
    id, title, type, gridPos, ...(description && { description }), datasource: { type: 'datasource', uid: '-- Mixed --' },
    fieldConfig: {
      defaults: { unit, ...(type === 'timeseries' && { custom: { lineWidth: 1, fillOpacity: stack ? 30 : 5, showPoints: 'never', ...(stack && { stacking: { mode: 'normal', group: 'A' } }) } }) },
      overrides: [],
    },
    options: type === 'timeseries' ? { legend: { displayMode: 'list', placement: 'bottom', showLegend: true }, tooltip: { mode: 'multi', sort: 'desc' } } : {},
    targets: targets.map((target, i) => ({ refId: String.fromCharCode(65 + i), ...target })),
  }
}
