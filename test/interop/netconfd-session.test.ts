import { readFile } from 'node:fs/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { systemClock } from '../../src/base/clock.ts'
import { readFacts } from '../../src/netconf/facts/facts.ts'
import { hasYangLibrary, withYangLibrary } from '../../src/netconf/facts/yang-library.ts'
import { probe } from '../../src/netconf/probe.ts'
import type { CapabilityRequirement } from '../../src/netconf/protocol/capabilities.ts'
import { Session } from '../../src/netconf/protocol/session.ts'
import type { Transport } from '../../src/netconf/protocol/transport.ts'
import { type ProbeReport, type ProbeTask, unknownPeer } from '../../src/netconf/report/probe-report.ts'
import { SshTransport } from '../../src/netconf/ssh/ssh-transport.ts'
import { probeTask } from '../support/probe-task.ts'
import { EndOfMessageOnly } from './end-of-message-only.ts'
import { type NetconfdServer, startNetconfd } from './netconfd-server.ts'
import { SHARED, WHY_SKIPPED } from './shared-folder.ts'

const SYSTEM = 'urn:ietf:params:xml:ns:yang:ietf-system'

describe.skipIf(SHARED === undefined)(`a session with netconfd (skipped where ${WHY_SKIPPED})`, () => {
  let server: NetconfdServer
  let password: string

  beforeAll(async () => {
    server = await startNetconfd(8831)
    password = await readFile(server.passwordFile, 'utf8')
  })

  afterAll(() => server[Symbol.asyncDispose]())

  function task(changes: Partial<ProbeTask> = {}): ProbeTask {
    const credential = { username: server.user, password }
    return probeTask({ host: '127.0.0.1', port: server.port, credential, ...changes })
  }

  function run(changes: Partial<ProbeTask>): Promise<ProbeReport> {
    return probe(task(changes), new AbortController().signal)
  }

  /** An open session, closed in good order once it was used. */
  async function withSession<T>(
    use: (session: Session, capabilities: readonly string[]) => Promise<T>,
    wrap: (transport: SshTransport) => Transport = (transport) => transport,
  ): Promise<T> {
    const ssh = new SshTransport({
      address: '127.0.0.1',
      task: task(),
      peer: unknownPeer(),
      clock: systemClock,
      connectWithinMs: null,
      enter: () => {},
      mayHurry: () => true,
    })
    try {
      expect(await ssh.open()).toBeNull()
      const session = new Session(wrap(ssh))
      const { hello } = await session.open()
      const result = await use(session, hello?.capabilities ?? [])
      await session.close()
      return result
    } finally {
      await ssh.close()
    }
  }

  const met: [string, CapabilityRequirement][] = [
    ['its own revision', { module: 'ietf-interfaces', minRevision: '2014-05-08' }],
    ['an earlier one', { module: 'ietf-interfaces', minRevision: '2010-01-01' }],
    ['features', { module: 'ietf-interfaces', minRevision: '2014-05-08', features: ['if-mib'] }],
  ]
  it.each(met)('meets a module with a minimum revision: %s', async (_what, requirement) => {
    const report = await run({ required: [requirement] })
    expect(report).toMatchObject({ outcome: 'SUPPORTED', missing: [], notes: [] })
    expect(report.phases.map(({ phase }) => phase)).not.toContain('FACTS')
  })

  it('does not meet a later one, not even by its YANG library', async () => {
    const report = await run({ required: [{ module: 'ietf-interfaces', minRevision: '2014-05-09' }] })
    expect(report).toMatchObject({
      outcome: 'MISSING_CAPABILITIES',
      phase: 'CLOSE',
      message: 'The device does not offer ietf-interfaces@2014-05-09 or later.',
      missing: ['ietf-interfaces@2014-05-09 or later'],
      notes: [],
    })
    expect(report.phases.map(({ phase }) => phase).slice(-3)).toEqual(['HELLO', 'FACTS', 'CLOSE'])
  })

  it('lists the same modules in its YANG library as in its hello', async () => {
    await withSession(async (session, capabilities) => {
      // As if the hello named no modules at all, which is what it is for those of YANG 1.1.
      const notes: string[] = []
      const bare = capabilities.filter((uri) => uri.includes('yang-library:1.0'))
      expect(hasYangLibrary(bare)).toBe(true)
      const found = (await withYangLibrary(session, bare, notes)) ?? []
      expect(notes).toEqual([])
      expect(found).toContain(
        'urn:ietf:params:xml:ns:yang:ietf-interfaces?module=ietf-interfaces&revision=2014-05-08&features=arbitrary-names,pre-provisioning,if-mib',
      )
      expect(found.length).toBeGreaterThan(10)
      expect(capabilities).toEqual(expect.arrayContaining(found))
    })
  })

  it('refuses an operation that it does not have', async () => {
    await withSession(async (session) => {
      expect(await session.rpc('<no-such-operation xmlns="urn:example"/>')).toEqual({
        refusal: expect.stringMatching(/^(unknown-element|unknown-namespace|operation-not-supported): /),
      })
    })
  })

  describe('facts', () => {
    it('leave the outcome as it is if the device has none', async () => {
      expect(await run({ readFacts: true })).toMatchObject({
        outcome: 'SUPPORTED',
        phase: 'CLOSE',
        facts: null,
        notes: ['The device offers ietf-system and told no facts by it.'],
      })
    })

    it('are read by ietf-system, in chunks and up to the end of message', async (context) => {
      // Debian's netconfd-module-ietf-system would give the machine itself the name that is set below.
      if (!(await server.log()).includes("SIL code for module 'ietf-system' not found")) {
        context.skip('netconfd applies ietf-system to this machine')
      }
      await withSession(async (session) => {
        const config = `<config><system xmlns="${SYSTEM}"><hostname>edge-lab-1</hostname></system></config>`
        const edit = `<edit-config><target><candidate/></target>${config}</edit-config>`
        expect(await session.rpc(edit)).toMatchObject({ reply: { children: [{ name: 'ok' }] } })
        expect(await session.rpc('<commit/>')).toMatchObject({ reply: { children: [{ name: 'ok' }] } })
      })
      const facts = { hostname: 'edge-lab-1', readFrom: 'ietf-system' }
      expect(await run({ readFacts: true })).toMatchObject({
        outcome: 'SUPPORTED',
        facts,
        notes: [],
        peer: { framing: 'chunked' },
      })
      await withSession(
        async (session, capabilities) => {
          const notes: string[] = []
          expect(capabilities).not.toContain('urn:ietf:params:netconf:base:1.1')
          expect(await readFacts(session, capabilities, { notes, mayClose: false })).toMatchObject({ facts })
          expect(notes).toEqual([])
        },
        (transport) => new EndOfMessageOnly(transport),
      )
      // What netconfd itself says of the framing of the last two.
      const agreed = (await server.log()).match(/now active \(base:1\.\d\)/g)?.slice(-2)
      expect(agreed).toEqual(['now active (base:1.1)', 'now active (base:1.0)'])
    })
  })
})
