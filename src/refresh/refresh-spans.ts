import { currentTraceParent, type Span, type TraceParent, tracing } from '../base/tracing.ts'
import type { ProbeReport } from '../netconf/report/probe-report.ts'
import type { RefreshRow, TargetRow } from '../store/refresh-store.ts'

/** Starts the span of a refresh within that of the operation that asked for it; null if traces are off. */
export function startRefreshSpan(
  { id, trigger }: RefreshRow,
  parent: TraceParent | undefined = currentTraceParent(),
): Span | null {
  const attributes = { 'rollcall.refresh.id': id, 'rollcall.refresh.trigger': trigger }
  return tracing()?.start('refresh', { parent, attributes }) ?? null
}

export function endRefreshSpan(span: Span, { state, total }: RefreshRow): void {
  span.set({ 'rollcall.refresh.state': state, 'rollcall.refresh.devices': total })
  span.end({ isFailure: state === 'FAILED' })
}

/** Starts the span of a probe; null if its refresh has none, or the probe is not among those that get one. */
export function startProbeSpan(
  {
    target,
    attempt,
    region,
  }: { target: Pick<TargetRow, 'deviceId' | 'name'>; attempt: number; region: string },
  refresh: TraceParent | undefined,
): Span | null {
  const tracer = refresh === undefined ? null : tracing()
  if (tracer === null || Math.random() >= tracer.probes) return null
  return tracer.start('probe', {
    parent: refresh,
    attributes: {
      'rollcall.device.id': target.deviceId,
      'rollcall.device.name': target.name,
      'rollcall.region': region,
      'rollcall.probe.attempt': attempt,
    },
  })
}

export function endProbeSpan(span: Span, { outcome, phase }: ProbeReport): void {
  span.set({ 'rollcall.probe.outcome': outcome, 'rollcall.probe.phase': phase })
  span.end({ isFailure: outcome !== 'SUPPORTED' })
}
