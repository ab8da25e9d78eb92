import { formatDuration } from '../base/durations.ts'
import type { ProbeReport } from '../netconf/report/probe-report.ts'
import { adviceFor, type ProbedPlace } from './probe-advice.ts'
import { labelled, table } from './table.ts'
import { type Width, wrapped } from './wrapping.ts'

/** Formats a report for a person: phases, peer, facts, capabilities, verdict, and what to try next. */
export function describeProbe(report: ProbeReport, place: ProbedPlace, width: Width): string {
  const { peer, capabilities, facts } = report
  const weak = peer.algorithms?.legacy ? ' (weak)' : ''
  const sections = [
    table(report.phases.map(({ phase, durationMs }) => [phase, formatDuration(durationMs)])),
    known(width, [
      ['address', peer.address],
      ['SSH server', peer.identification || null],
      ['host key', peer.hostKey && `${peer.hostKey.algorithm} ${peer.hostKey.fingerprint}`],
      ['key exchange', peer.algorithms && `${peer.algorithms.kex}${weak}`],
      ['cipher', peer.algorithms && [peer.algorithms.cipher, peer.algorithms.mac].filter(Boolean).join(', ')],
      ['framing', peer.framing],
      ['session-id', report.sessionId],
      ['login banner', peer.said.banner],
      ['standard error', peer.said.stderr],
      [capabilities === null ? 'sent, no hello' : 'before its hello', peer.said.noise],
    ]),
    known(width, [
      ['host name', facts?.hostname],
      ['vendor', facts?.vendor],
      ['model', facts?.model],
      ['version', facts?.osVersion],
      ['serial number', facts?.serialNumber],
      ['read from', facts?.readFrom],
    ]),
  ]
  if (capabilities) sections.push([`${capabilities.length} capabilities:`, ...capabilities].join('\n  '))
  if (report.missing.length > 0) sections.push(['Missing:', ...report.missing].join('\n  '))
  if (report.notes.length > 0) {
    const notes = report.notes.map((note) => wrapped(note, width, { first: '  ', rest: '    ' }))
    sections.push(['Notes:', ...notes].join('\n'))
  }
  const verdict = `${report.outcome} in ${report.phase} after ${formatDuration(report.durationMs)}`
  sections.push(wrapped(report.message === null ? verdict : `${verdict}: ${report.message}`, width))
  const advice = adviceFor(report, place)
  if (advice !== null) sections.push(wrapped(`Next: ${advice}`, width))
  return sections.filter((section) => section !== '').join('\n\n')
}

/** Formats the rows whose value is known. */
function known(
  width: Width,
  rows: readonly (readonly [string, string | number | null | undefined])[],
): string {
  return labelled(
    rows.flatMap(([name, value]): [string, string][] => (value == null ? [] : [[name, String(value)]])),
    width,
  )
}
