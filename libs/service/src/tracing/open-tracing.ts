import type { Logger } from 'pino'
import type { BaseConfig } from '../base-config.ts'
import { noTracing, type Tracing } from './tracing.ts'

/** Records traces where OTEL_EXPORTER_OTLP_ENDPOINT says where to; otherwise nothing of OpenTelemetry is loaded. */
export async function openTracing(config: BaseConfig, service: string, log: Logger): Promise<Tracing> {
  const { OTEL_EXPORTER_OTLP_ENDPOINT: endpoint, OTEL_TRACES_SAMPLER_ARG: ratio } = config
  if (endpoint === undefined) return noTracing
  const { otlpTracing } = await import('./otlp-tracing.ts')
  return otlpTracing({ endpoint, ratio, service, log })
}
