import { generateKeyPairSync } from 'node:crypto'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import ssh2, { type AuthContext } from 'ssh2'
import { describe, expect, it } from 'vitest'
import { systemClock } from '../../src/base/clock.ts'
import { probe } from '../../src/netconf/probe.ts'
import { countAgentKeys } from '../../src/netconf/ssh/ssh-agent.ts'
import { deriveKeyPair } from '../../src/simulator/key-pair.ts'
import { HandClock } from '../support/hand-clock.ts'
import { HAS_SSH_AGENT, startSshAgent, WITHOUT_SSH_AGENT } from '../support/ssh-agent.ts'
import { healthy, run } from './support/probing.ts'
import { sshDevice, taskFor } from './support/ssh-device.ts'

const ed25519 = deriveKeyPair('agent')
const rsa = generateKeyPairSync('rsa', {
  modulusLength: 2048,
  publicKeyEncoding: { type: 'spki', format: 'pem' },
  privateKeyEncoding: { type: 'pkcs1', format: 'pem' },
})

/** Accepts a login that is signed with this key, and no other. */
function onlyKey(text: string) {
  const key = ssh2.utils.parseKey(text)
  if (key instanceof Error) throw key
  return (context: AuthContext) => {
    if (context.method !== 'publickey' || !context.key.data.equals(key.getPublicSSH())) {
      context.reject(['publickey', 'password'])
      return
    }
    const { blob, signature, hashAlgo } = context
    const isSigned = blob && signature ? key.verify(blob, signature, hashAlgo) === true : true
    if (isSigned) context.accept()
    else context.reject(['publickey', 'password'])
  }
}

describe.skipIf(!HAS_SSH_AGENT)(`the keys of a real ssh-agent (${WITHOUT_SSH_AGENT})`, () => {
  it.each([
    ['Ed25519', ed25519.publicKey],
    ['RSA', rsa.privateKey],
  ])('log in with %s, whichever key the device accepts', async (_, wanted) => {
    await using agent = await startSshAgent(ed25519.privateKey, rsa.privateKey)
    await using device = await sshDevice({ login: onlyKey(wanted), netconf: healthy })
    const credential = { username: 'netops', agentSocket: agent.socket }
    expect(await run(device, { credential })).toMatchObject({ outcome: 'SUPPORTED' })
    expect(new Set(device.logins)).toEqual(new Set(['publickey']))
    expect(await countAgentKeys(agent.socket, systemClock)).toBe(2)
  })

  it('may all be rejected; then the password is sent if there is one', async () => {
    await using agent = await startSshAgent(ed25519.privateKey)
    await using device = await sshDevice({ login: onlyKey(rsa.privateKey) })
    const credential = { username: 'netops', agentSocket: agent.socket }
    expect(await run(device, { credential })).toMatchObject({
      outcome: 'AUTH_FAILED',
      message: 'The device rejected the keys of the ssh-agent for user netops; check the credential.',
    })
    expect(device.logins).toEqual(['publickey'])
    await run(device, { credential: { ...credential, password: 'correct horse' } })
    expect(device.logins).toEqual(['publickey', 'publickey', 'password'])
  })
})

describe('an ssh-agent', () => {
  /** An agent that takes connections and answers nothing. */
  async function silentAgent() {
    const folder = await mkdtemp(join(tmpdir(), 'rollcall-agent-'))
    const socket = join(folder, 'socket')
    const server = createServer().listen(socket)
    await once(server, 'listening')
    return {
      socket,
      connected: once(server, 'connection') as Promise<[Socket]>,
      async [Symbol.asyncDispose]() {
        await new Promise((resolve) => server.close(resolve))
        await rm(folder, { recursive: true, force: true })
      },
    }
  }

  it('that is gone is named in the message, and nothing is sent to the device', async () => {
    await using device = await sshDevice()
    const credential = { username: 'netops', agentSocket: '/nowhere/at/all' }
    expect(await run(device, { credential })).toMatchObject({
      outcome: 'AUTH_FAILED',
      message:
        'There is nothing to log in with for user netops; its ssh-agent failed (Failed to connect to agent); check the credential.',
    })
    expect(device.logins).toEqual([])
    expect(await countAgentKeys('/nowhere/at/all', systemClock)).toBeNull()
  })

  it('that does not answer delays no probe beyond its deadline, and its connection is closed', async () => {
    await using device = await sshDevice()
    await using agent = await silentAgent()
    const stop = new AbortController()
    const credential = { username: 'netops', agentSocket: agent.socket }
    const probed = probe(taskFor(device, { credential }), stop.signal)
    const [connection] = await agent.connected
    const closed = once(connection.resume(), 'close')
    stop.abort()
    expect(await probed).toMatchObject({ outcome: 'CANCELLED', phase: 'AUTHENTICATE' })
    await closed
  })

  it('that does not list its keys within three seconds counts as none', async () => {
    await using agent = await silentAgent()
    const clock = new HandClock()
    const counted = countAgentKeys(agent.socket, clock)
    const closed = agent.connected.then(([connection]) => once(connection.resume(), 'close'))
    clock.advance(3_000)
    expect(await counted).toBeNull()
    await closed
  })
})
