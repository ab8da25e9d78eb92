import { expect, it } from 'vitest'
import { adviceFor } from '../../src/cli/probe-advice.ts'
import type { ProbePhase } from '../../src/netconf/outcome/outcome.ts'
import type { ProbeReport } from '../../src/netconf/report/probe-report.ts'
import { cancelledReport } from '../../src/refresh/pool/unprobed-reports.ts'

const place = { host: 'core-1', port: 830 }

it.each<[ProbePhase, string]>([
  ['CONNECT', 'Check that NETCONF over SSH is on, and on which port: try core-1:22.'],
  ['KEY_EXCHANGE', 'Try again in a minute'],
  ['AUTHENTICATE', 'Try again in a minute'],
])('the advice on a connection that was refused in the phase %s', (phase, advice) => {
  const report = { ...cancelledReport(0), outcome: 'CONNECTION_REFUSED' as const, phase }
  expect(adviceFor(report, place)).toContain(advice)
})

it.each<[number, string, Partial<ProbeReport>]>([
  [
    80,
    'Find the port of NETCONF over SSH: try core-1:830 or core-1:22.',
    { outcome: 'SSH_FAILED', notSsh: true },
  ],
  [830, 'Find the port of NETCONF over SSH: try core-1:22.', { outcome: 'SSH_FAILED', notSsh: true }],
  [22, 'some serve it on another port only, so try core-1:830 as well.', { outcome: 'NO_NETCONF' }],
  [
    443,
    'Check that the port is that of NETCONF over SSH: try core-1:830 or core-1:22.',
    { outcome: 'TIMEOUT', phase: 'KEY_EXCHANGE' },
  ],
])(
  'the advice for a device with another service on port %i names the ports of NETCONF',
  (port, advice, changes) => {
    const report = { ...cancelledReport(0), ...changes }
    expect(adviceFor(report, { ...place, port })).toContain(advice)
  },
)
