import { generateKeyPairSync } from 'node:crypto'
import { once } from 'node:events'
import { readFile, writeFile } from 'node:fs/promises'
import { connect } from 'node:net'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { ed25519Blob } from '../../src/base/openssh-key.ts'
import { readPrivateKey } from '../../src/base/private-key.ts'
import { probe } from '../../src/netconf/probe.ts'
import type { ProbeReport } from '../../src/netconf/report/probe-report.ts'
import { probeTask } from '../support/probe-task.ts'
import { type OpensshServer, run, startSshd } from './openssh-server.ts'
import { SHARED, WHY_SKIPPED } from './shared-folder.ts'

const PASSPHRASE = 'pass phrase'

async function makeKey(file: string): Promise<void> {
  await run('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', file])
}

/** Probes with a key that the server knows. @param make writes it to this file, and its public key beside it */
async function probeWithKey(
  server: OpensshServer,
  make: (file: string) => Promise<unknown> = makeKey,
): Promise<ProbeReport> {
  const keyFile = join(server.folder, 'id')
  await make(keyFile)
  await writeFile(server.authorizedKeys, await readFile(`${keyFile}.pub`))
  const answer = readPrivateKey(await readFile(keyFile, 'utf8'), { passphrase: PASSPHRASE })
  if ('problem' in answer) throw new Error(answer.problem)
  return probe(
    probeTask({
      host: '127.0.0.1',
      port: server.port,
      credential: { username: server.username, privateKey: answer.key },
      timeoutMs: 10_000,
    }),
    new AbortController().signal,
  )
}

describe.skipIf(SHARED === undefined)(`sshd (skipped where ${WHY_SKIPPED})`, () => {
  it('with only chacha20-poly1305 is probed; with other ciphers, our order decides', async () => {
    const cipher = 'chacha20-poly1305@openssh.com'
    expect(await probeWithKey(await startSshd(`Ciphers ${cipher}`))).toMatchObject({
      outcome: 'SUPPORTED',
      peer: { algorithms: { cipher, mac: null, legacy: false } },
    })
    const both = await startSshd(`Ciphers ${cipher},aes128-gcm@openssh.com`)
    expect(await probeWithKey(both)).toMatchObject({
      outcome: 'SUPPORTED',
      peer: { algorithms: { cipher: 'aes128-gcm@openssh.com' } },
    })
  })

  it.each([
    ['rsa', 'RFC4716'],
    ['ed25519', 'RFC4716'],
    ['rsa', 'PEM'],
    ['ecdsa', 'PEM'],
    ['rsa', 'PKCS8'],
    ['ecdsa', 'PKCS8'],
  ])('accepts an encrypted %s key that ssh-keygen has written as %s', async (type, format) => {
    const options = ['-q', '-t', type, '-m', format, '-N', PASSPHRASE, '-a', '4']
    expect(
      await probeWithKey(await startSshd(), (file) => run('ssh-keygen', [...options, '-f', file])),
    ).toMatchObject({
      outcome: 'SUPPORTED',
    })
  })

  it('accepts an Ed25519 key in PKCS #8', async () => {
    const report = await probeWithKey(await startSshd(), async (file) => {
      const { privateKey, publicKey } = generateKeyPairSync('ed25519')
      await writeFile(file, privateKey.export({ type: 'pkcs8', format: 'pem' }))
      // OpenSSH itself reads no such file.
      const { x = '' } = publicKey.export({ format: 'jwk' })
      const blob = ed25519Blob(Buffer.from(x, 'base64url'))
      await writeFile(`${file}.pub`, `ssh-ed25519 ${blob.toString('base64')}\n`)
    })
    expect(report).toMatchObject({ outcome: 'SUPPORTED' })
  })

  it('at its limit of connections is reported with its own message', async () => {
    const server = await startSshd('MaxStartups 1:100:1')
    const other = connect(server.port, '127.0.0.1')
    onTestFinished(() => void other.destroy())
    // It counts as starting up from its identification to its login.
    await once(other, 'data')
    expect(await probeWithKey(server)).toMatchObject({
      outcome: 'CONNECTION_REFUSED',
      phase: 'KEY_EXCHANGE',
      message: expect.stringContaining('before SSH began, and said "Exceeded MaxStartups"; check'),
    })
  })

  it('that accepts no more login attempts rejects the credential', async () => {
    const report = await probeWithKey(await startSshd('MaxAuthTries 1', 'PubkeyAuthentication no'))
    expect(report).toMatchObject({ outcome: 'AUTH_FAILED', phase: 'AUTHENTICATE' })
  })
})
