import { describe, expect, it } from 'vitest'
import { type ProbeReport, unknownPeer } from '../../../src/netconf/report/probe-report.ts'
import { redact } from '../../../src/netconf/report/redact.ts'

const SAID = 'says hunter2hunter2 twice: hunter2hunter2'

const NO_FACTS = { hostname: null, model: null, osVersion: null, serialNumber: null }

const report: ProbeReport = {
  outcome: 'SUPPORTED',
  phase: 'CLOSE',
  message: SAID,
  startedAt: 0,
  durationMs: 1,
  phases: [],
  capabilities: ['urn:a', `urn:${SAID}`],
  library: null,
  missing: [],
  sessionId: 1,
  peer: { ...unknownPeer(), identification: SAID, said: { banner: SAID, stderr: SAID, noise: SAID } },
  facts: {
    hostname: SAID,
    vendor: SAID,
    model: SAID,
    osVersion: SAID,
    serialNumber: SAID,
    readFrom: 'ietf-system',
  },
  notes: ['a', SAID],
}

describe('redact', () => {
  it('removes the password from all texts of a device', () => {
    const redacted = redact(report, { username: 'netops', password: 'hunter2hunter2' })
    expect(JSON.stringify(redacted)).not.toContain('hunter2')
    expect(redacted).toMatchObject({
      message: 'says [secret] twice: [secret]',
      capabilities: ['urn:a', 'urn:says [secret] twice: [secret]'],
      facts: { hostname: 'says [secret] twice: [secret]', readFrom: 'ietf-system' },
      notes: ['a', 'says [secret] twice: [secret]'],
    })
  })

  it.each(['message', 'facts', 'notes', 'peer', 'capabilities'] as const)(
    'finds it if only the %s has it',
    (name) => {
      const clean: ProbeReport = {
        ...report,
        message: null,
        capabilities: null,
        peer: unknownPeer(),
        facts: null,
        notes: [],
      }
      const redacted = redact(
        { ...clean, [name]: report[name] },
        { username: 'netops', password: 'hunter2hunter2' },
      )
      expect(JSON.stringify(redacted)).toContain('[secret]')
      expect(JSON.stringify(redacted)).not.toContain('hunter2')
    },
  )

  it.each([
    ['cut off in its midst', 'hunter2hunter2', `${'x'.repeat(40)}hunter2hun…`],
    ['in another encoding', 'pässwörd', Buffer.from('pässwörd').toString('latin1')],
    ['with its white space folded', 'one  two  three', 'it is one two three'],
  ])('finds it %s', (_how, password, message) => {
    const redacted = redact({ ...report, message }, { username: 'netops', password })
    expect(redacted.message).toMatch(/^(x{40}|it is |)\[secret\]…?$/)
  })

  it('does not change capabilities and facts if the password could be part of a name', () => {
    const redacted = redact(report, { username: 'netops', password: 'hunter2' })
    expect(redacted).toMatchObject({
      capabilities: report.capabilities,
      facts: report.facts,
      notes: ['a', expect.stringContaining('[secret]')],
    })
  })

  it('keeps a name that equals a short password', () => {
    const facts = { ...NO_FACTS, vendor: 'ACME', readFrom: 'acme-system' }
    const quiet = { ...report, message: null, capabilities: null, peer: unknownPeer(), facts, notes: [] }
    expect(redact(quiet, { username: 'netops', password: 'ACME' })).toBe(quiet)
  })

  it.each([
    ['no password', {}],
    ['one that stands in many a word', { password: 'say' }],
    ['one that nobody said', { password: 'correct horse' }],
  ])('does not change the report with %s', (_what, secret) => {
    expect(redact(report, { username: 'netops', ...secret })).toBe(report)
  })
})
