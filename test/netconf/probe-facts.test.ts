import { describe, expect, it } from 'vitest'
import { probe } from '../../src/netconf/probe.ts'
import { HandClock } from '../support/hand-clock.ts'
import { run } from './support/probing.ts'
import { serving } from './support/rpc-server.ts'
import { BASES, CREDENTIAL, sshDevice, taskFor } from './support/ssh-device.ts'
import { probeUntilStalled } from './support/stalled-probe.ts'

const SYSTEM = 'urn:ietf:params:xml:ns:yang:ietf-system?module=ietf-system&revision=2014-08-06'
const LIBRARY = 'urn:ietf:params:netconf:capability:yang-library:1.0?revision=2016-06-21&module-set-id=4b41'

function hostname(name: string): string {
  return `<data><system xmlns="urn:ietf:params:xml:ns:yang:ietf-system"><hostname>${name}</hostname></system></data>`
}

function library(module: string, revision: string): string {
  return (
    '<data><modules-state xmlns="urn:ietf:params:xml:ns:yang:ietf-yang-library"><module>' +
    `<name>${module}</name><revision>${revision}</revision><namespace>urn:${module}</namespace>` +
    '<conformance-type>implement</conformance-type></module></modules-state></data>'
  )
}

/** A device that offers these beside the base, and answers nothing that it is asked then. */
function silentAfterHello(...capabilities: string[]) {
  return (stalled: () => void) =>
    sshDevice({
      netconf: serving([...BASES, ...capabilities], () => {
        stalled()
        return null
      }),
    })
}

describe('facts', () => {
  it('are requested between the hello and close-session', async () => {
    await using device = await sshDevice({ netconf: serving([...BASES, SYSTEM], () => hostname('edge-1')) })
    const report = await run(device, { readFacts: true })
    expect(report).toMatchObject({
      outcome: 'SUPPORTED',
      phase: 'CLOSE',
      facts: { hostname: 'edge-1', vendor: null, readFrom: 'ietf-system' },
      notes: [],
    })
    expect(report.phases.map(({ phase }) => phase).slice(-3)).toEqual(['HELLO', 'FACTS', 'CLOSE'])
    await device.idle()
  })

  it.each([
    ['where nobody wants them', [...BASES, SYSTEM], false],
    ['where nothing that is offered tells any', BASES, true],
  ])('are not requested %s', async (_what, capabilities, readFacts) => {
    const asked: string[] = []
    await using device = await sshDevice({
      netconf: serving(capabilities, (rpc) => {
        asked.push(rpc)
        return '<data/>'
      }),
    })
    const report = await run(device, { readFacts })
    expect(report).toMatchObject({ outcome: 'SUPPORTED', facts: null, notes: [] })
    expect(report.phases.map(({ phase }) => phase)).not.toContain('FACTS')
    expect(asked).toEqual([])
  })

  it.each([
    [
      'refuses',
      () => '<rpc-error><error-tag>access-denied</error-tag></rpc-error>',
      'refused to tell the facts of ietf-system (access-denied).',
    ],
    ['tells nothing', () => '<data/>', 'offers ietf-system and told no facts by it.'],
  ])('do not change the outcome on a device that %s', async (_what, answer, note) => {
    await using device = await sshDevice({ netconf: serving([...BASES, SYSTEM], answer) })
    expect(await run(device, { readFacts: true })).toMatchObject({
      outcome: 'SUPPORTED',
      message: null,
      facts: null,
      notes: [`The device ${note}`],
    })
  })

  it('do not change the outcome on a device that hangs up', async () => {
    await using device = await sshDevice({
      netconf: serving([...BASES, SYSTEM], (_rpc, channel) => {
        channel.end()
        return null
      }),
    })
    const report = await run(device, { readFacts: true }, new HandClock())
    expect(report).toMatchObject({
      outcome: 'SUPPORTED',
      durationMs: 0,
      facts: null,
      notes: [
        expect.stringMatching(
          /^The session ended when the device was asked for the facts of ietf-system: The device closed/,
        ),
      ],
    })
  })

  it('are waited for until the deadline', async () => {
    await using stalled = await probeUntilStalled(silentAfterHello(SYSTEM), {
      readFacts: true,
      timeoutMs: 300,
    })
    stalled.clock.advance(300)
    expect(await stalled.report).toMatchObject({
      outcome: 'SUPPORTED',
      durationMs: 300,
      capabilities: [...BASES, SYSTEM],
      facts: null,
      notes: ['The device did not answer in time when it was asked for its facts.'],
    })
    await stalled.device.idle()
  })

  it('are waited for at most 3 s', async () => {
    await using stalled = await probeUntilStalled(silentAfterHello(SYSTEM), {
      readFacts: true,
      timeoutMs: 10_000,
    })
    stalled.clock.advance(2_999)
    expect(await stalled.isRunning()).toBe(true)
    stalled.clock.advance(1)
    expect(await stalled.report).toMatchObject({ outcome: 'SUPPORTED', durationMs: 3_000, facts: null })
    await stalled.device.idle()
  })

  it('are ended by an abort, which does not change the outcome', async () => {
    const controller = new AbortController()
    await using device = await sshDevice({
      netconf: serving([...BASES, SYSTEM], () => {
        controller.abort()
        return null
      }),
    })
    const report = await probe(taskFor(device, { readFacts: true }), controller.signal)
    expect(report).toMatchObject({ outcome: 'SUPPORTED', facts: null, notes: [] })
    await device.idle()
  })

  it('never contain the password, even if the device sends it back', async () => {
    const password = CREDENTIAL.password ?? ''
    await using device = await sshDevice({
      netconf: serving([...BASES, SYSTEM, `urn:x:${password}`], () => hostname(`is ${password}`)),
    })
    const report = await run(device, { readFacts: true })
    expect(report).toMatchObject({ facts: { hostname: 'is [secret]' } })
    expect(JSON.stringify(report)).not.toContain(password)
  })
})

describe('the YANG library', () => {
  const required = [{ module: 'acme', minRevision: '2020-01-01' }]

  it.each([
    ['SUPPORTED', '2021-05-05', []],
    ['MISSING_CAPABILITIES', '2019-05-05', ['acme@2020-01-01 or later']],
  ])('is read if the hello lacks a required capability: %s', async (outcome, revision, missing) => {
    await using device = await sshDevice({
      netconf: serving([...BASES, LIBRARY, SYSTEM], (rpc) =>
        rpc.includes('modules-state') ? library('acme', revision) : hostname('edge-1'),
      ),
    })
    const report = await run(device, { required, readFacts: true })
    expect(report).toMatchObject({
      outcome,
      missing,
      library: 'read',
      facts: { hostname: 'edge-1' },
      notes: [],
    })
    expect(report.capabilities).toContain(`urn:acme?module=acme&revision=${revision}`)
    expect(report.phases.map(({ phase }) => phase).slice(-3)).toEqual(['HELLO', 'FACTS', 'CLOSE'])
  })

  it('also lists modules that provide facts', async () => {
    await using device = await sshDevice({
      netconf: serving([...BASES, LIBRARY], (rpc) =>
        rpc.includes('modules-state')
          ? library('ietf-system', '2014-08-06').replace(
              'urn:ietf-system',
              'urn:ietf:params:xml:ns:yang:ietf-system',
            )
          : hostname('edge-1'),
      ),
    })
    expect(await run(device, { required, readFacts: true })).toMatchObject({
      outcome: 'MISSING_CAPABILITIES',
      facts: { hostname: 'edge-1' },
    })
  })

  it('is read if the hello lists no module that provides facts', async () => {
    const namespace = 'urn:ietf:params:xml:ns:yang:ietf-hardware'
    await using device = await sshDevice({
      netconf: serving([...BASES, LIBRARY], (rpc) =>
        rpc.includes('modules-state')
          ? library('ietf-hardware', '2018-03-13').replace('urn:ietf-hardware', namespace)
          : `<data><hardware xmlns="${namespace}"><component><name>c</name><class>chassis</class>` +
            '<model-name>X1</model-name></component></hardware></data>',
      ),
    })
    const report = await run(device, { readFacts: true })
    expect(report).toMatchObject({
      outcome: 'SUPPORTED',
      facts: { model: 'X1', readFrom: 'ietf-hardware' },
      notes: [],
    })
    expect(report.capabilities).toContain(`${namespace}?module=ietf-hardware&revision=2018-03-13`)
  })

  it('is not read if nothing is missing', async () => {
    const asked: string[] = []
    await using device = await sshDevice({
      netconf: serving([...BASES, LIBRARY], (rpc) => {
        asked.push(rpc)
        return '<data/>'
      }),
    })
    expect(await run(device, { required: [{ uri: LIBRARY }] })).toMatchObject({
      outcome: 'SUPPORTED',
      library: null,
    })
    expect(asked).toEqual([])
  })

  it('is not read for facts if the hello lists a module that provides them', async () => {
    const asked: string[] = []
    await using device = await sshDevice({
      netconf: serving([...BASES, LIBRARY, SYSTEM], (rpc) => {
        if (rpc.includes('modules-state')) asked.push(rpc)
        return hostname('edge-1')
      }),
    })
    expect(await run(device, { readFacts: true })).toMatchObject({ facts: { hostname: 'edge-1' } })
    expect(asked).toEqual([])
  })

  it('is ignored if the device does not answer, and then facts are not requested', async () => {
    await using stalled = await probeUntilStalled(silentAfterHello(LIBRARY, SYSTEM), {
      required,
      readFacts: true,
      timeoutMs: 300,
    })
    stalled.clock.advance(300)
    expect(await stalled.report).toMatchObject({
      outcome: 'MISSING_CAPABILITIES',
      library: 'unanswered',
      message:
        'The device does not offer acme@2020-01-01 or later; its YANG library did not answer, so modules that only it names count as missing.',
      notes: ['The device did not answer in time when it was asked for its YANG library.'],
    })
    await stalled.device.idle()
  })

  it.each([
    ['refuses it', '<rpc-error><error-tag>access-denied</error-tag></rpc-error>'],
    ['gives none of it to the user', '<data/>'],
  ])('is reported as unread if the device %s', async (_, answer) => {
    await using device = await sshDevice({ netconf: serving([...BASES, LIBRARY], () => answer) })
    expect(await run(device, { required })).toMatchObject({
      outcome: 'MISSING_CAPABILITIES',
      library: 'refused',
      message: expect.stringContaining('; its YANG library could not be read, so modules that only it names'),
      capabilities: [...BASES, LIBRARY],
    })
  })

  it('does not change the outcome if only the facts need it', async () => {
    const controller = new AbortController()
    await using device = await sshDevice({
      netconf: serving([...BASES, LIBRARY], () => {
        controller.abort()
        return null
      }),
    })
    const report = await probe(taskFor(device, { readFacts: true }), controller.signal)
    expect(report).toMatchObject({ outcome: 'SUPPORTED', message: null, facts: null })
  })

  it('ends as CANCELLED if an abort cuts it short', async () => {
    const controller = new AbortController()
    await using device = await sshDevice({
      netconf: serving([...BASES, LIBRARY], () => {
        controller.abort()
        return null
      }),
    })
    const report = await probe(taskFor(device, { required }), controller.signal)
    expect(report).toMatchObject({ outcome: 'CANCELLED', phase: 'FACTS', capabilities: null, missing: [] })
  })
})
