import type { PageProps } from '../load-page.ts'
import { GraphPage } from './graph-page.tsx'
import './graph.css'

/** /graph and /graph/{version} */
export default function Graph({ rest: [version] }: PageProps) {
  return <GraphPage version={version} />
}
