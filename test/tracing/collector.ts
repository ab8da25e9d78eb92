import { onTestFinished } from 'vitest'
import { silentLogger } from '../../src/base/log.ts'
import { useTracing } from '../../src/base/tracing.ts'
import { startTracing } from '../../src/tracing/open-telemetry.ts'
import { TestServer } from '../sources/support/test-server.ts'

type Value = { stringValue: string } | { intValue: number } | { boolValue: boolean } | { doubleValue: number }

interface ExportedSpan {
  traceId: string
  spanId: string
  parentSpanId?: string
  name: string
  kind: number
  startTimeUnixNano: string
  endTimeUnixNano: string
  attributes: { key: string; value: Value }[]
  status: { code: number }
}

interface ExportRequest {
  resourceSpans: {
    resource: { attributes: { key: string; value: Value }[] }
    scopeSpans: { spans: ExportedSpan[] }[]
  }[]
}

export interface CollectedSpan extends Omit<ExportedSpan, 'attributes'> {
  attributes: Record<string, unknown>
  /** The name of its parent, if that was collected; null for the first span of a trace. */
  parent: string | null | undefined
  service: unknown
}

function toRecord(attributes: ExportedSpan['attributes']): Record<string, unknown> {
  return Object.fromEntries(attributes.map(({ key, value }) => [key, Object.values(value)[0]]))
}

/** An OTLP receiver over HTTP, and tracing into it; both end with the test. */
export async function startCollecting({
  probes = 1,
  env = {},
}: {
  probes?: number
  env?: NodeJS.ProcessEnv
} = {}) {
  const server = await TestServer.start(
    (_seen, response) => void response.writeHead(200, { 'content-type': 'application/json' }).end('{}'),
    () => false,
  )
  onTestFinished(() => server.close())
  // The exporter reads the variables of the process itself.
  const before = process.env.OTEL_EXPORTER_OTLP_ENDPOINT
  process.env.OTEL_EXPORTER_OTLP_ENDPOINT = server.url
  const tracing = await startTracing({ probes, env, log: silentLogger })
  if (before === undefined) delete process.env.OTEL_EXPORTER_OTLP_ENDPOINT
  else process.env.OTEL_EXPORTER_OTLP_ENDPOINT = before
  useTracing(tracing)
  onTestFinished(async () => {
    useTracing(null)
    await tracing.close()
  })
  return {
    server,
    tracing,
    /** Ends the tracing, and returns all that was exported. */
    async spans(): Promise<CollectedSpan[]> {
      await tracing.close()
      const requests = server.requests.map(({ body }) => JSON.parse(body) as ExportRequest)
      const found = requests.flatMap(({ resourceSpans }) =>
        resourceSpans.flatMap(({ resource, scopeSpans }) =>
          scopeSpans.flatMap(({ spans }) =>
            spans.map((span) => ({ span, service: toRecord(resource.attributes)['service.name'] })),
          ),
        ),
      )
      const names = new Map(found.map(({ span }) => [span.spanId, span.name]))
      return found.map(({ span, service }) => ({
        ...span,
        service,
        attributes: toRecord(span.attributes),
        parent: span.parentSpanId ? names.get(span.parentSpanId) : null,
      }))
    },
  }
}
