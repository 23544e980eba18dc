import type { PageProps } from '../load-page.ts'
import { ModelsPage } from './models-page.tsx'
import './models.css'

/** /models and /models/{run} */
export default function Models({ rest: [runId] }: PageProps) {
  return <ModelsPage runId={runId} />
}
