import { type TraceParent, tracing } from '../../base/tracing.ts'
import type { OnVerdict } from '../../netconf/probe.ts'
import type { ProbeReport } from '../../netconf/report/probe-report.ts'

/**
 * Runs a probe, and makes a span for each of its phases within the span of the probe. Its thread reports the
 * phases at the end, so the spans are made after the fact.
 */
export async function withPhaseSpans(
  parent: TraceParent,
  onVerdict: OnVerdict,
  probe: (onVerdict: OnVerdict) => Promise<ProbeReport>,
): Promise<ProbeReport> {
  let isRecorded = false
  const record = (report: ProbeReport) => {
    if (!isRecorded) recordPhases(parent, report)
    isRecorded = true
  }
  const report = await probe((verdict) => {
    record(verdict)
    onVerdict(verdict)
  })
  record(report)
  return report
}

function recordPhases(parent: TraceParent, { startedAt, phases }: ProbeReport): void {
  const tracer = tracing()
  let at = startedAt
  for (const { phase, durationMs } of phases) {
    tracer?.start(phase, { parent, startedAt: at }).end({ at: at + durationMs })
    at += durationMs
  }
}
