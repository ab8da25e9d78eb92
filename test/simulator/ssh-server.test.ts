import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import type { Client, ClientErrorExtensions, ConnectConfig } from 'ssh2'
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest'
import { type Fleet, startFleet } from '../../src/simulator/fleet.ts'
import { deriveKeyPair } from '../../src/simulator/key-pair.ts'
import { SshServer } from '../../src/simulator/ssh-server.ts'
import { logIn, RawSession, type Target } from './support/session.ts'

let fleet: Fleet
let device: Target

beforeAll(async () => {
  fleet = await startFleet({ devices: 1, faulty: 0 })
  const [first] = fleet.inventory
  if (first === undefined) throw new Error('The fleet is empty.')
  device = first
})

afterAll(() => fleet.close())

test.each(['password', 'publickey'] as const)('accepts the account with only a %s', async (method) => {
  const session = await RawSession.open(device, { ...fleet.credential, authHandler: [method] })
  expect(await session.readUntil(']]>]]>')).toContain('hello')
  session.client.end()
})

const REFUSED_LOGINS: { name: string; login: (right: ConnectConfig) => ConnectConfig }[] = [
  {
    name: 'a wrong password',
    login: (right) => ({ ...right, password: 'wrong', authHandler: ['password'] }),
  },
  { name: 'no password', login: (right) => ({ ...right, authHandler: ['none'] }) },
  { name: 'another user with the right password', login: (right) => ({ ...right, username: 'root' }) },
  {
    name: 'a key that it does not know',
    login: (right) => ({
      ...right,
      privateKey: deriveKeyPair('somebody else').privateKey,
      authHandler: ['publickey'],
    }),
  },
]

test.each(REFUSED_LOGINS)('refuses $name', async ({ login }) => {
  const failure = await logIn(device, login({ ...fleet.credential })).catch((reason: unknown) => reason)
  expect((failure as ClientErrorExtensions).level).toBe('client-authentication')
})

const REFUSED_REQUESTS: { name: string; ask: (client: Client, done: (error?: Error) => void) => void }[] = [
  { name: 'a shell', ask: (client, done) => client.shell(done) },
  { name: 'a command', ask: (client, done) => client.exec('show version', done) },
  { name: 'SFTP', ask: (client, done) => client.sftp(done) },
  { name: 'another subsystem', ask: (client, done) => client.subsys('netconf2', done) },
  {
    name: 'a connection to elsewhere',
    ask: (client, done) => client.forwardOut('', 0, '127.0.0.1', 22, done),
  },
  { name: 'a port to listen on', ask: (client, done) => client.forwardIn('127.0.0.1', 0, done) },
]

test.each(REFUSED_REQUESTS)('refuses $name and stays up', async ({ ask }) => {
  const client = await logIn(device, fleet.credential)
  onTestFinished(() => {
    client.end()
  })
  const refusal = await new Promise<Error | undefined>((resolve) => {
    ask(client, resolve)
  })
  expect(refusal).toBeInstanceOf(Error)

  const opened = await new Promise<Error | undefined>((resolve) => {
    client.subsys('netconf', (error) => resolve(error))
  })
  expect(opened).toBeUndefined()
})

test('the connection of a peer without SSH is closed, and the device serves the next one', async () => {
  const socket = connect({ host: device.address, port: device.port })
  socket.write('GET / HTTP/1.1\r\n\r\n')
  socket.resume()
  await new Promise((resolve) => {
    socket.once('close', resolve)
  })

  const session = await RawSession.open(device, fleet.credential)
  expect(await session.readUntil(']]>]]>')).toContain('hello')
  session.client.end()
})

test('answers what comes together with one write', async () => {
  const { publicKey, privateKey } = deriveKeyPair('one write')
  const ssh = new SshServer({ username: 'operator', password: 'secret', publicKey })
  const written: number[] = []
  await using server = createServer((socket: Socket) => {
    const { _write, _writev } = socket
    socket._write = (...values) => {
      written.push(1)
      _write.apply(socket, values)
    }
    socket._writev = (...values) => {
      written.push(values[0].length)
      _writev?.apply(socket, values)
    }
    ssh.serve(socket, {
      hostKey: privateKey,
      identification: 'test',
      socket,
      fault: {},
      onNetconf: (channel) => void channel.write('hello]]>]]>'),
    })
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { address, port } = server.address() as AddressInfo
  const session = await RawSession.open({ address, port }, { username: 'operator', password: 'secret' })
  await session.readUntil(']]>]]>')
  session.client.end()

  const pieces = written.reduce((sum, count) => sum + count, 0)
  expect(pieces).toBeGreaterThan(15)
  // The identification, and an answer in each of the 7 round trips.
  expect(written.length).toBeLessThanOrEqual(8)
})
