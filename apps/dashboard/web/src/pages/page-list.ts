/** A page of the dashboard: the first part of its address and its name. */
export interface PageEntry {
  path: string
  title: string
}

/** In the order of the navigation. The server answers these addresses with the one HTML file; load-page.ts has their code. */
export const pageList = [
  { path: 'workflows', title: 'Workflows' },
  { path: 'market', title: 'Market' },
  { path: 'forecasts', title: 'Forecasts' },
  { path: 'trading', title: 'Trading' },
  { path: 'news', title: 'News' },
  { path: 'graph', title: 'Graph' },
  { path: 'models', title: 'Models' },
  { path: 'feeds', title: 'Feeds' },
  { path: 'alerts', title: 'Alerts' },
  { path: 'topics', title: 'Topics' },
] as const satisfies readonly PageEntry[]

export type PagePath = (typeof pageList)[number]['path']
