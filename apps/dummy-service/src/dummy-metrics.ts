import { createCounter, type ServiceContext } from '@streamforge/service'

/** What the dummy service counts. */
export const dummyMetrics = (registry: ServiceContext<unknown>['metrics']) => ({
  loaded: createCounter(registry, 'streamforge_dummy_records_total', 'Records that the dummy service has pretended to load'),
})
