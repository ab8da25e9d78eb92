import { setTimeout as sleep } from 'node:timers/promises'
import type { Span as ApiSpan, Context } from '@opentelemetry/api'
import type { Sampler } from '@opentelemetry/sdk-trace'
import { messageOf, RollcallError, systemCodeOf } from '../base/errors.ts'
import type { Logger } from '../base/log.ts'
import type { Span, TraceParent, Tracing } from '../base/tracing.ts'
import { VERSION } from '../base/version.ts'

type Api = typeof import('@opentelemetry/api')
type Sdk = typeof import('@opentelemetry/sdk-trace')

/** What is to be installed for traces; `peerDependencies` has the versions. */
const PACKAGES = [
  '@opentelemetry/api',
  '@opentelemetry/sdk-trace',
  '@opentelemetry/resources',
  '@opentelemetry/exporter-trace-otlp-http',
]

/** How long a close waits for the last spans to be taken. */
const CLOSE_GRACE_MS = 3_000

export interface TracingOptions {
  /** The share of probes that get a span, from 0 to 1. */
  probes: number
  /** The variables of OpenTelemetry that start with OTEL_. */
  env: NodeJS.ProcessEnv
  log: Logger
}

/**
 * Starts to send traces over OTLP (HTTP, JSON) as the OTEL_ variables say. Spans wait in a bounded queue;
 * those that do not fit, or that the collector does not take, are lost.
 *
 * @throws RollcallError CONFIG_INVALID if the packages are not installed or a variable cannot be used
 */
export async function startTracing({ probes, env, log }: TracingOptions): Promise<Tracing> {
  const { api, sdk, resources, exporter } = await loadPackages()
  logProblems(api, log)
  const own = { 'service.name': 'rollcall', 'service.version': VERSION }
  const named = resources.detectResources({ detectors: [resources.hostDetector, resources.envDetector] })
  const provider = new sdk.TracerProvider({
    resource: resources.defaultResource().merge(resources.resourceFromAttributes(own)).merge(named),
    sampler: samplerOf(sdk, env),
    spanProcessors: [new sdk.BatchSpanProcessor({ exporter: new exporter.OTLPTraceExporter() })],
  })
  const tracer = provider.getTracer('rollcall', VERSION)
  let isStuck = false
  return {
    probes,
    isStuck: () => isStuck,
    start: (name, { parent, isServer = false, attributes, startedAt }) => {
      const kind = isServer ? api.SpanKind.SERVER : api.SpanKind.INTERNAL
      const options = { kind, ...(attributes && { attributes }), ...(startedAt && { startTime: startedAt }) }
      return spanOf(api, tracer.startSpan(name, options, contextOf(api, parent)))
    },
    close: async () => {
      const sent = provider.shutdown().then(
        () => true,
        () => true,
      )
      isStuck = !(await Promise.race([sent, sleep(CLOSE_GRACE_MS, false, { ref: false })]))
      api.diag.disable()
    },
  }
}

async function loadPackages() {
  try {
    const [api, sdk, resources, exporter] = await Promise.all([
      import('@opentelemetry/api'),
      import('@opentelemetry/sdk-trace'),
      import('@opentelemetry/resources'),
      import('@opentelemetry/exporter-trace-otlp-http'),
    ])
    return { api, sdk, resources, exporter }
  } catch (failure) {
    if (systemCodeOf(failure) !== 'ERR_MODULE_NOT_FOUND') throw failure
    throw new RollcallError(
      'CONFIG_INVALID',
      `Traces need packages that are not installed (${messageOf(failure).split(' imported', 1)[0]}). ` +
        `Run npm install ${PACKAGES.join(' ')}, or set traces.enabled to false.`,
      { cause: failure },
    )
  }
}

/** Passes warnings and errors of OpenTelemetry to the log, each text once in a row. */
function logProblems(api: Api, log: Logger): void {
  let last: string | undefined
  const warn = (message: string) => {
    if (message === last) return
    last = message
    log.warn({ event: 'traces.failed' }, `traces: ${message}`)
  }
  const nothing = () => undefined
  const logger = { error: warn, warn, info: nothing, debug: nothing, verbose: nothing }
  api.diag.setLogger(logger, { logLevel: api.DiagLogLevel.WARN, suppressOverrideMessage: true })
}

/** Returns the sampler that OTEL_TRACES_SAMPLER names. Default: the one of the specification. */
function samplerOf(sdk: Sdk, env: NodeJS.ProcessEnv): Sampler {
  const { OTEL_TRACES_SAMPLER: name = 'parentbased_always_on', OTEL_TRACES_SAMPLER_ARG: share } = env
  const roots: Readonly<Record<string, () => Sampler>> = {
    always_on: () => new sdk.AlwaysOnSampler(),
    always_off: () => new sdk.AlwaysOffSampler(),
    traceidratio: () => new sdk.TraceIdRatioBasedSampler(parseShare(share)),
  }
  const root = roots[name.replace(/^parentbased_/, '')]
  if (root === undefined) {
    const names = Object.keys(roots).flatMap((each) => [each, `parentbased_${each}`])
    throw new RollcallError('CONFIG_INVALID', `OTEL_TRACES_SAMPLER must be one of ${names.join(', ')}.`)
  }
  return name.startsWith('parentbased_') ? new sdk.ParentBasedSampler({ root: root() }) : root()
}

function parseShare(text = '1'): number {
  const share = Number(text)
  if (text.trim() !== '' && share >= 0 && share <= 1) return share
  throw new RollcallError('CONFIG_INVALID', 'OTEL_TRACES_SAMPLER_ARG must be a number from 0 to 1.')
}

/** W3C Trace Context, section 3.2: the version, then ids that are not zero, then the flags. */
const TRACE_PARENT = /^00-(?!0{32})([0-9a-f]{32})-(?!0{16})([0-9a-f]{16})-([0-9a-f]{2})$/

function contextOf({ trace, ROOT_CONTEXT }: Api, parent: TraceParent | undefined): Context {
  const [, traceId, spanId, flags] = TRACE_PARENT.exec(parent ?? '') ?? []
  if (traceId === undefined || spanId === undefined || flags === undefined) return ROOT_CONTEXT
  const traceFlags = Number.parseInt(flags, 16) & 1
  return trace.setSpanContext(ROOT_CONTEXT, { traceId, spanId, traceFlags, isRemote: true })
}

function spanOf({ SpanStatusCode }: Api, span: ApiSpan): Span {
  const { traceId, spanId, traceFlags } = span.spanContext()
  return {
    traceParent: `00-${traceId}-${spanId}-${traceFlags.toString(16).padStart(2, '0')}`,
    isRecorded: (traceFlags & 1) === 1,
    set: (attributes) => void span.setAttributes(attributes),
    end: ({ at, isFailure = false } = {}) => {
      if (isFailure) span.setStatus({ code: SpanStatusCode.ERROR })
      span.end(at)
    },
  }
}
