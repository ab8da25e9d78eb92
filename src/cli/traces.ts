import type { Logger } from '../base/log.ts'
import { useTracing } from '../base/tracing.ts'
import type { Config } from '../config/schema.ts'

/**
 * Turns traces on if the configuration does and OTEL_SDK_DISABLED does not turn them off. Call it before
 * anything else is started. Returns the function that sends the last spans, at the end.
 */
export async function startTraces(
  { enabled, probes }: Config['traces'],
  log: Logger,
): Promise<() => Promise<void>> {
  if (!enabled || process.env.OTEL_SDK_DISABLED?.toLowerCase() === 'true') return async () => undefined
  // Loaded here, because it loads OpenTelemetry, which most processes do without.
  const { startTracing } = await import('../tracing/open-telemetry.ts')
  const tracing = await startTracing({ probes, env: process.env, log })
  useTracing(tracing)
  return () => tracing.close()
}
