import { expect, it } from 'vitest'
import { adviceFor } from '../../src/cli/probe-advice.ts'
import type { ProbePhase } from '../../src/netconf/protocol/outcome.ts'
import { cancelledReport } from '../../src/refresh/pool/unprobed-reports.ts'

it.each<[ProbePhase, string]>([
  ['CONNECT', 'Check that NETCONF over SSH is on'],
  ['KEY_EXCHANGE', 'Try again in a minute'],
  ['AUTHENTICATE', 'Try again in a minute'],
])('a connection refused in %s is advised on by how far it came', (phase, advice) => {
  const report = { ...cancelledReport(0), outcome: 'CONNECTION_REFUSED' as const, phase }
  expect(adviceFor(report)).toContain(advice)
})
