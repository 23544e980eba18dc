import type { FastifyInstance } from 'fastify'
import type { ServerParts } from '../server.ts'
import { alertRoutes } from './alerts.ts'
import { backtestRoutes } from './backtests.ts'
import { featureRoutes } from './features.ts'
import { feedRoutes } from './feeds.ts'
import { forecastRoutes } from './forecasts.ts'
import { graphRoutes } from './graphs.ts'
import { marketRoutes } from './market.ts'
import { modelRoutes } from './models.ts'
import { newsRoutes } from './news.ts'
import { sessionRoutes } from './session.ts'
import { settingRoutes } from './settings.ts'
import { topicRoutes } from './topics.ts'
import { workflowRoutes } from './workflows.ts'

/** A file for each area of the API; a new one is named here. */
export const routes: readonly ((app: FastifyInstance, parts: ServerParts) => void)[] = [
  sessionRoutes,
  workflowRoutes, marketRoutes, topicRoutes, graphRoutes, featureRoutes, forecastRoutes, modelRoutes, backtestRoutes, newsRoutes, feedRoutes, alertRoutes,
  settingRoutes,
]
