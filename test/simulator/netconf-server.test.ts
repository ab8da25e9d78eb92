import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest'
import type { InventoryRecord } from '../../src/inventory/record.ts'
import { type Fleet, startFleet } from '../../src/simulator/fleet.ts'
import { RawSession } from './support/session.ts'

let fleet: Fleet

beforeAll(async () => {
  fleet = await startFleet({ devices: 60, faulty: 0 })
})

afterAll(() => fleet.close())

/** A session with a device of the platform, whose hello has been read. */
async function openOn(platform: string): Promise<RawSession> {
  const device: InventoryRecord | undefined = fleet.inventory.find((record) => record.platform === platform)
  if (device === undefined) throw new Error(`The fleet has no ${platform}.`)
  const session = await RawSession.open(device, fleet.credential)
  onTestFinished(() => {
    session.client.end()
  })
  await session.readUntil(']]>]]>')
  return session
}

const NAMESPACE = 'urn:ietf:params:xml:ns:netconf:base:1.0'

function helloWith(...versions: string[]): string {
  const capabilities = versions.map(
    (version) => `<capability>urn:ietf:params:netconf:base:${version}</capability>`,
  )
  return `<hello xmlns="${NAMESPACE}"><capabilities>${capabilities.join('')}</capabilities></hello>]]>]]>`
}

function chunk(text: string): string {
  return `\n#${Buffer.byteLength(text)}\n${text}\n##\n`
}

const CLOSE = `<rpc message-id="101" xmlns="${NAMESPACE}"><close-session/></rpc>`
const OK = `<rpc-reply message-id="101" xmlns="${NAMESPACE}"><ok/></rpc-reply>`

test('answers close-session in chunks if both sides offer base:1.1, and closes the connection', async () => {
  const session = await openOn('iosxe')
  session.send(helloWith('1.0', '1.1') + chunk(CLOSE))
  expect(await session.readToEnd()).toBe(chunk(OK))
})

test.each([
  { name: 'the device offers base:1.0 alone', platform: 'junos', versions: ['1.0', '1.1'] },
  { name: 'the client offers base:1.0 alone', platform: 'iosxe', versions: ['1.0'] },
])('ends messages with ]]>]]> if $name', async ({ platform, versions }) => {
  const session = await openOn(platform)
  session.send(`${helloWith(...versions)}${CLOSE}]]>]]>`)
  expect(await session.readToEnd()).toBe(`${OK}]]>]]>`)
})

test('refuses other operations, and returns the attributes of the request', async () => {
  const session = await openOn('iosxe')
  session.send(helloWith('1.1'))
  const attributes = ` nc:message-id='é>1' xmlns:nc="${NAMESPACE}" a:note="x" xmlns:a="urn:a"`
  session.send(chunk(`<?xml version="1.0"?><nc:rpc${attributes}>\n<nc:get/></nc:rpc>`))

  const error = [
    '<nc:rpc-error><nc:error-type>protocol</nc:error-type>',
    '<nc:error-tag>operation-not-supported</nc:error-tag>',
    '<nc:error-severity>error</nc:error-severity></nc:rpc-error>',
  ]
  const reply = `<nc:rpc-reply${attributes}>${error.join('')}</nc:rpc-reply>`
  expect(await session.readUntil('\n##\n')).toBe(chunk(reply))

  session.send(chunk(CLOSE))
  expect(await session.readToEnd()).toBe(chunk(OK))
})

test.each([
  { name: 'a hello without a common version', sent: helloWith('2.0') },
  { name: 'a first message that is no hello', sent: `${CLOSE}]]>]]>` },
  { name: 'a malformed chunk', sent: `${helloWith('1.1')}\n#0\n\n##\n0123456789` },
  { name: 'a message that is no rpc', sent: `${helloWith('1.1')}${chunk('<notification/>')}` },
])('ends the session after $name', async ({ sent }) => {
  const session = await openOn('iosxe')
  session.send(sent)
  expect(await session.readToEnd()).toBe('')
})
