import { createCounter, type ServiceContext } from '@streamforge/service'

/** What the predictor counts of what it publishes, and of the models that it is given. */
export function forecastMetrics(registry: ServiceContext<unknown>['metrics']) {
  const forecasts = createCounter(registry, 'streamforge_forecasts_total', 'Forecasts published')
  const scores = createCounter(registry, 'streamforge_forecast_scores_total', 'Forecasts scored', 'hit')
  const signals = createCounter(registry, 'streamforge_signals_total', 'Signals published', 'action')
  const models = createCounter(registry, 'streamforge_forecast_models_total', 'Models made ready or refused', 'ready')
  return { forecasts, scores, signals, models }
}
