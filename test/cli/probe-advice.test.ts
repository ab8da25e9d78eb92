import { expect, it } from 'vitest'
import { adviceFor, type ProbedPlace } from '../../src/cli/probe-advice.ts'
import type { ProbePhase } from '../../src/netconf/outcome/outcome.ts'
import type { ProbeReport } from '../../src/netconf/report/probe-report.ts'
import { cancelledReport } from '../../src/refresh/pool/unprobed-reports.ts'

const place: ProbedPlace = { host: 'core-1', port: 830, portFrom: 'standard', refreshPort: null }

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
  [22, 'Some devices serve it on another port only: try core-1:830.', { outcome: 'NO_NETCONF' }],
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

it.each<[Partial<ProbedPlace>, string]>([
  [
    {},
    'Port 830 was asked because the command names none. Check that NETCONF over SSH is on, and on which port: try core-1:22.',
  ],
  [
    { portFrom: 'configuration', refreshPort: 830 },
    'Port 830 is that of devices for which the inventory has no port (`probe.port`). Check that NETCONF over SSH is on, and on which port: try core-1:22.',
  ],
  [
    { portFrom: 'inventory', port: 2022, refreshPort: 2022 },
    'Port 2022 is from the inventory. Check that NETCONF over SSH is on, and on which port: try core-1:830 or core-1:22.',
  ],
  [
    { portFrom: 'command', port: 443 },
    'Check that NETCONF over SSH is on, and on which port: try core-1:830 or core-1:22.',
  ],
])('a refused connection is advised on by where the port is from: %j', (changes, advice) => {
  const report = { ...cancelledReport(0), outcome: 'CONNECTION_REFUSED' as const, phase: 'CONNECT' as const }
  expect(adviceFor(report, { ...place, ...changes })).toBe(advice)
})

it.each([830, 22])('nobody who has chosen port %i is sent to the other one, and back', (port) => {
  for (const outcome of ['CONNECTION_REFUSED', 'NO_NETCONF', 'TIMEOUT', 'SSH_FAILED'] as const) {
    const phase = outcome === 'CONNECTION_REFUSED' ? ('CONNECT' as const) : ('KEY_EXCHANGE' as const)
    const notSsh = outcome === 'SSH_FAILED' ? ({ notSsh: true } as const) : {}
    const report = { ...cancelledReport(0), outcome, phase, ...notSsh }
    const advice = adviceFor(report, { ...place, port, portFrom: 'command', refreshPort: 830 })
    expect(advice).toContain('look on the device; the standard port is 830, and some devices use 22.')
    expect(advice).not.toContain('core-1:')
  }
})

it('a device that is supported on another port than the one of its inventory is to get that port', () => {
  const report = { ...cancelledReport(0), outcome: 'SUPPORTED' as const, phase: 'CLOSE' as const }
  const on = (port: number) => adviceFor(report, { ...place, port, portFrom: 'command', refreshPort: 830 })
  expect(on(22)).toBe('Give the device port 22 in its inventory, because a refresh asks port 830.')
  expect(on(830)).toBeNull()
  expect(adviceFor(report, place)).toBeNull()
})
