import type { ComponentType } from 'react'
import type { PagePath } from './page-list.ts'

/** What a page is given: the parts of the address behind its own. */
export interface PageProps {
  rest: readonly string[]
}

/** Each page's code is a chunk of its own, fetched when it is first opened. A page is a folder here with an index.tsx. */
const chunks: Record<PagePath, () => Promise<{ default: ComponentType<PageProps> }>> = {
  workflows: () => import('./workflows/index.tsx'),
  market: () => import('./market/index.tsx'),
  forecasts: () => import('./forecasts/index.tsx'),
  trading: () => import('./trading/index.tsx'),
  news: () => import('./news/index.tsx'),
  graph: () => import('./graph/index.tsx'),
  models: () => import('./models/index.tsx'),
  feeds: () => import('./feeds/index.tsx'),
  alerts: () => import('./alerts/index.tsx'),
  topics: () => import('./topics/index.tsx'),
}

const loaded = new Map<PagePath, ComponentType<PageProps>>()

/** The page's component where its code is here already: it is then shown at once. */
export const loadedPage = (path: PagePath) => loaded.get(path)

/** Fetches a page's code. @throws when it cannot be fetched: no server, or a newer build has taken its place */
export async function loadPage(path: PagePath): Promise<ComponentType<PageProps>> {
  const page = (await chunks[path]()).default
  loaded.set(path, page)
  return page
}
