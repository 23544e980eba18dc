import type { PageProps } from '../load-page.ts'
import { FeedsPage } from './feeds-page.tsx'
import './feeds.css'

/** /feeds, /feeds/{name}, and /feeds/feed.yaml/{name} with the file open: a dot is in no fetcher's name */
export default function Feeds({ rest: [first, second] }: PageProps) {
  return first === 'feed.yaml' ? <FeedsPage chosen={second} editing /> : <FeedsPage chosen={first} editing={false} />
}
