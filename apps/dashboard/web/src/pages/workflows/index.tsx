import type { PageProps } from '../load-page.ts'
import { WorkflowPage } from './workflow-page.tsx'
import { WorkflowList } from './workflow-list.tsx'
import './workflows.css'

/** /workflows and /workflows/{id} */
export default function Workflows({ rest: [id] }: PageProps) {
  return id ? <WorkflowPage key={id} id={id} /> : <WorkflowList />
}
