import type { Dashboard } from './dashboard.ts'
import { fetchers } from './dashboards/fetchers.ts'
import { kafkaLag } from './dashboards/kafka-lag.ts'
import { markets } from './dashboards/markets.ts'
import { models } from './dashboards/models.ts'
import { news } from './dashboards/news.ts'
import { workflows } from './dashboards/workflows.ts'

/** File name without its ending -> dashboard. */
export const dashboards: Readonly<Record<string, Dashboard>> = { markets, news, fetchers, workflows, 'kafka-lag': kafkaLag, models }
