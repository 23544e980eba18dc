import type { PageProps } from '../load-page.ts'
import { TopicsPage } from './topics-page.tsx'
import './topics.css'

/** /topics and /topics/{name} */
export default function Topics({ rest: [name] }: PageProps) {
  return <TopicsPage name={name} />
}
