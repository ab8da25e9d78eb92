import { generateKeyPairSync } from 'node:crypto'
import type { AuthContext, AuthenticationType } from 'ssh2'
import { describe, expect, it } from 'vitest'
import { healthy, run } from './support/probing.ts'
import { CREDENTIAL, sshDevice } from './support/ssh-device.ts'

describe('the login', () => {
  const pair = generateKeyPairSync('rsa', {
    modulusLength: 2048,
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'pkcs1', format: 'pem' },
  })
  const withKey = { username: 'netops', privateKey: pair.privateKey }
  const acceptKey = (context: AuthContext) =>
    context.method === 'publickey' ? context.accept() : context.reject(['publickey'])

  it('reports a rejected password, and tries it once only', async () => {
    await using device = await sshDevice({
      login: (context) => context.reject(['password', 'keyboard-interactive']),
    })
    expect(await run(device)).toMatchObject({
      outcome: 'AUTH_FAILED',
      phase: 'AUTHENTICATE',
      message:
        'The device rejected the password for user netops; it accepts password, keyboard-interactive; check the credential.',
    })
    expect(device.logins).toEqual(['password'])
  })

  it('needs only one common signature algorithm for a host key', async () => {
    const algorithms = { serverHostKey: ['rsa-sha2-512' as const] }
    await using device = await sshDevice({ algorithms, netconf: healthy })
    expect(await run(device)).toMatchObject({
      outcome: 'SUPPORTED',
      peer: { hostKey: { algorithm: 'ssh-rsa' }, algorithms: { hostKey: 'rsa-sha2-512' } },
    })
  })

  it('logs in by public key', async () => {
    await using device = await sshDevice({ login: acceptKey, netconf: healthy })
    expect(await run(device, { credential: withKey })).toMatchObject({ outcome: 'SUPPORTED' })
    expect(new Set(device.logins)).toEqual(new Set(['publickey']))
  })

  it('continues with the password if the key is rejected', async () => {
    await using device = await sshDevice({ netconf: healthy })
    const credential = { ...withKey, ...CREDENTIAL }
    expect(await run(device, { credential })).toMatchObject({ outcome: 'SUPPORTED' })
    expect(device.logins).toEqual(['publickey', 'password'])
  })

  it.each([
    ['after the key was rejected', ['publickey', 'password'], 'AUTH_FAILED'],
    ['which accepts no keys', ['password'], 'CONNECTION_LOST'],
  ])(
    'reports whether a password was rejected if the device ends the connection %s',
    async (_when, accepted, outcome) => {
      await using device = await sshDevice({
        login: (context, connection) =>
          context.method === 'publickey'
            ? context.reject(accepted as AuthenticationType[])
            : connection.end(),
      })
      const report = await run(device, { credential: { ...withKey, ...CREDENTIAL } })
      expect(report).toMatchObject({ outcome, phase: 'AUTHENTICATE' })
      expect(device.logins).toEqual(['publickey', 'password'])
      if (outcome !== 'AUTH_FAILED') return
      expect(report.message).toBe(
        'The device rejected the public key and the password for user netops; it then ended the connection; check the credential.',
      )
    },
  )

  it('reports a private key that cannot be read, and sends nothing', async () => {
    await using device = await sshDevice()
    const credential = { username: 'netops', privateKey: 'not a key' }
    expect(await run(device, { credential })).toMatchObject({
      outcome: 'AUTH_FAILED',
      message: expect.stringMatching(
        /^There is nothing to log in with for user netops; its private key cannot be used/,
      ),
    })
    expect(device.logins).toEqual([])
  })

  it('answers questions in several rounds, one of them without a question', async () => {
    const rounds: string[][] = []
    await using device = await sshDevice({
      login: (context) => {
        if (context.method !== 'keyboard-interactive') {
          context.reject(['keyboard-interactive'])
          return
        }
        const ask = (prompts: { prompt: string; echo: boolean }[], then: () => void) =>
          context.prompt(prompts, (answers) => {
            rounds.push(answers)
            then()
          })
        ask([{ prompt: 'Username:', echo: true }], () =>
          ask([{ prompt: 'Password:', echo: false }], () => ask([], () => context.accept())),
        )
      },
      netconf: healthy,
    })
    expect(await run(device)).toMatchObject({ outcome: 'SUPPORTED' })
    expect(rounds).toEqual([['netops'], [CREDENTIAL.password], []])
  })

  it('does not give the same answer to the same question again', async () => {
    await using device = await sshDevice({
      login: (context) => {
        if (context.method !== 'keyboard-interactive') context.reject(['keyboard-interactive'])
        else {
          const ask = () => context.prompt([{ prompt: 'Password:', echo: false }], ask)
          ask()
        }
      },
    })
    expect(await run(device)).toMatchObject({
      outcome: 'AUTH_FAILED',
      message: expect.stringContaining('it asked "Password:"; check the credential.'),
    })
  })

  it('ends the login if a server sends rounds without a question for ever', async () => {
    await using device = await sshDevice({
      login: (context) => {
        if (context.method !== 'keyboard-interactive') context.reject(['keyboard-interactive'])
        else {
          const ask = () => context.prompt([], ask)
          ask()
        }
      },
    })
    expect(await run(device)).toMatchObject({
      outcome: 'SSH_FAILED',
      phase: 'AUTHENTICATE',
      message: expect.stringContaining('more than 65536 bytes before the login was done'),
    })
  })

  it('never says the password, even when the device says it', async () => {
    await using device = await sshDevice({
      login: (context) => {
        if (context.method !== 'password') context.reject()
        else context.reject([context.password as 'password'])
      },
    })
    const report = await run(device)
    expect(report).toMatchObject({ outcome: 'AUTH_FAILED', message: expect.stringContaining('[secret]') })
    expect(JSON.stringify(report)).not.toContain(CREDENTIAL.password)
  })
})
