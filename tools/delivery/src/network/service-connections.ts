import { services } from '@streamforge/contracts'

/** What a service connects to beside the bus, which all of the contracts' services use. */
export type Server = 'store' | 'objects' | 'series' | 'mlflow' | 'settings' | 'venues' | 'issuer' | 'cluster' | 'queue-manager' | 'mail'

export interface ServicePods {
  /** Value of app.kubernetes.io/name of its pods; a Job's has its app's. */
  name: string
  /** The folder below apps/ with its source. */
  app: string
  uses: readonly Server[]
  /** Where people, or other services, ask it; Prometheus asks every service of the contracts on its health port. */
  port?: number
}

type Service = (typeof services)[number]

const uses: Readonly<Record<Service, Omit<ServicePods, 'name' | 'app'> & { app?: string }>> = {
  'queue-manager': { uses: ['store', 'objects', 'mlflow', 'venues', 'cluster', 'issuer'], port: 8080 },
  'loader-api': { uses: ['venues'] },
  'loader-ws': { uses: ['venues'] },
  'arango-connector': { uses: ['store'] },
  processor: { uses: ['store'] },
  'graph-builder': { uses: ['store'] },
  trainer: { uses: ['store', 'objects', 'mlflow'] },
  predictor: { uses: ['store', 'objects', 'mlflow'] },
  'dummy-service': { uses: [] },
  'feed-fetcher': { uses: ['store', 'venues'] },
  'feed-connector': { app: 'arango-connector', uses: ['store'] },
  sentiment: { app: 'processor', uses: ['store'] },
  'influx-connector': { uses: ['store', 'series'] },
  alerter: { uses: ['store', 'venues', 'mail'] },
  dashboard: { uses: ['store', 'objects', 'settings', 'queue-manager', 'issuer'], port: 8081 },
}

export const busServices: readonly ServicePods[] = services.map((name) => ({ name, app: name, ...uses[name] }))
