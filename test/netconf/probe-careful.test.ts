import type { Socket } from 'node:net'
import { setImmediate } from 'node:timers/promises'
import type { Connection, ServerChannel } from 'ssh2'
import { expect, it } from 'vitest'
import { healthy, run } from './support/probing.ts'
import { BASES, helloOf, sshDevice } from './support/ssh-device.ts'

// Peers that dislike a message that is sent before their answer to the one before.

const SYSTEM = 'urn:ietf:params:xml:ns:yang:ietf-system?module=ietf-system'
const FACTS =
  '<data><system xmlns="urn:ietf:params:xml:ns:yang:ietf-system"><hostname>edge-1</hostname></system></data>'

/** Makes each test's software another one, since a probe remembers which software it has to be careful with. */
let software = 0

function identification(): Buffer {
  software += 1
  return Buffer.from(`Impatient_${software}`)
}

/**
 * Hangs up on a login that comes before the login service was accepted. It is accepted some turns after the request
 * for it, or never if `accepts` is false, so that an early login comes too early however slowly it comes.
 */
function hangUpOnEarlyLogin(connection: Connection, socket: Socket, accepts: boolean): void {
  const handlers = Reflect.get(Reflect.get(connection, '_protocol') as object, '_handlers') as Record<
    string,
    (...values: unknown[]) => void
  >
  const { SERVICE_REQUEST: accept, USERAUTH_REQUEST: logIn } = handlers
  if (accept === undefined || logIn === undefined) throw new Error('ssh2 handles other messages by now.')
  let isAccepted = false
  handlers.SERVICE_REQUEST = async (...values) => {
    if (!accepts) return
    for (let turn = 0; turn < 50; turn += 1) await setImmediate()
    isAccepted = true
    accept(...values)
  }
  handlers.USERAUTH_REQUEST = (...values) => {
    if (isAccepted) logIn(...values)
    else socket.destroy()
  }
}

it('logs in step by step where an early login ends the connection, and from then on at once', async () => {
  let connections = 0
  await using device = await sshDevice({
    identification: identification(),
    connected: (connection, socket) => {
      connections += 1
      hangUpOnEarlyLogin(connection, socket, connections > 1)
    },
    netconf: healthy,
  })

  expect(await run(device)).toMatchObject({ outcome: 'SUPPORTED', phase: 'CLOSE' })
  expect([connections, device.logins]).toEqual([2, ['password']])
  expect(await run(device)).toMatchObject({ outcome: 'SUPPORTED', phase: 'CLOSE' })
  expect([connections, device.logins]).toEqual([3, ['password', 'password']])
})

it('connects again only once where the connection ends before the login anyway', async () => {
  let connections = 0
  await using device = await sshDevice({
    identification: identification(),
    handshaken: (socket) => {
      connections += 1
      socket.destroy()
    },
  })

  for (const expected of [2, 3]) {
    expect(await run(device)).toMatchObject({ outcome: 'CONNECTION_LOST', phase: 'AUTHENTICATE' })
    expect(connections).toBe(expected)
  }
})

/**
 * Has facts, and ends the session at close-session without an answer to what was asked before. The answer takes some
 * turns, or for ever if `answers` is false, so that a close-session comes before it however slowly it comes.
 */
function forgetsAtClose(channel: ServerChannel, answers: boolean): void {
  channel.write(`${helloOf([...BASES, SYSTEM])}]]>]]>`)
  channel.on('data', async (bytes: Buffer) => {
    const text = bytes.toString()
    if (text.includes('close-session')) channel.end()
    if (!text.includes('<get>') || !answers) return
    for (let turn = 0; turn < 50; turn += 1) await setImmediate()
    if (channel.writableEnded) return
    const reply = `<rpc-reply message-id="1" xmlns="urn:ietf:params:xml:ns:netconf:base:1.0">${FACTS}</rpc-reply>`
    channel.write(`\n#${reply.length}\n${reply}\n##\n`)
  })
}

it('reads the facts in another session where close-session kept the device from telling them', async () => {
  let sessions = 0
  await using device = await sshDevice({
    identification: identification(),
    netconf: (channel) => {
      sessions += 1
      forgetsAtClose(channel, sessions > 1)
    },
  })

  for (const expected of [2, 3]) {
    const report = await run(device, { readFacts: true })
    expect(report).toMatchObject({ outcome: 'SUPPORTED', phase: 'CLOSE', facts: { hostname: 'edge-1' } })
    expect(report.notes).toEqual([])
    expect(sessions).toBe(expected)
  }
})

it('reports the verdict of the first session where the second one fails', async () => {
  let sessions = 0
  await using device = await sshDevice({
    identification: identification(),
    netconf: (channel, socket) => {
      sessions += 1
      if (sessions > 1) socket.destroy()
      else forgetsAtClose(channel, false)
    },
  })
  const report = await run(device, { readFacts: true })

  expect(sessions).toBe(2)
  expect(report).toMatchObject({ outcome: 'SUPPORTED', phase: 'CLOSE', facts: null })
  expect(report.notes).toEqual([expect.stringContaining('The session ended when the device was asked')])
})

it('asks the next module for facts where the one that another device told them by tells none', async () => {
  const hardware = 'urn:ietf:params:xml:ns:yang:ietf-hardware?module=ietf-hardware'
  const told = (isTold: (text: string) => boolean) => (channel: ServerChannel) => {
    channel.write(`${helloOf([...BASES, SYSTEM, hardware])}]]>]]>`)
    channel.on('data', (bytes: Buffer) => {
      const text = bytes.toString()
      for (const [rpc, id] of text.matchAll(/<rpc message-id="(\d+)".*?<\/rpc>/g)) {
        const isClosing = rpc.includes('close-session')
        const content = isClosing ? '<ok/>' : isTold(rpc) ? contentOf(rpc) : '<data/>'
        const reply = `<rpc-reply message-id="${id}" xmlns="urn:ietf:params:xml:ns:netconf:base:1.0">${content}</rpc-reply>`
        channel.write(`\n#${reply.length}\n${reply}\n##\n`)
        if (isClosing) channel.end()
      }
    })
  }
  await using one = await sshDevice({ identification: identification(), netconf: told(() => true) })
  await using other = await sshDevice({
    identification: identification(),
    netconf: told((rpc) => rpc.includes('ietf-system')),
  })

  for (const device of [one, one]) {
    expect(await run(device, { readFacts: true })).toMatchObject({ facts: { readFrom: 'ietf-hardware' } })
  }
  expect(await run(other, { readFacts: true })).toMatchObject({ facts: { readFrom: 'ietf-system' } })
})

function contentOf(rpc: string): string {
  if (rpc.includes('ietf-system')) return FACTS
  return (
    '<data><hardware xmlns="urn:ietf:params:xml:ns:yang:ietf-hardware"><component><name>chassis</name>' +
    '<class>chassis</class><serial-num>C1</serial-num></component></hardware></data>'
  )
}
