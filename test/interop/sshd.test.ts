import { once } from 'node:events'
import { readFile, writeFile } from 'node:fs/promises'
import { connect } from 'node:net'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { probe } from '../../src/netconf/probe.ts'
import type { ProbeReport } from '../../src/netconf/probe-report.ts'
import { probeTask } from '../support/probe-task.ts'
import { type OpensshServer, run, startSshd } from './openssh-server.ts'
import { SHARED, WHY_SKIPPED } from './shared-folder.ts'

/** Probes with a key that the server knows. */
async function probeWithKey(server: OpensshServer): Promise<ProbeReport> {
  const keyFile = join(server.folder, 'id')
  await run('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', keyFile])
  await writeFile(server.authorizedKeys, await readFile(`${keyFile}.pub`))
  const privateKey = await readFile(keyFile, 'utf8')
  return probe(
    probeTask({
      host: '127.0.0.1',
      port: server.port,
      credential: { username: server.username, privateKey },
      timeoutMs: 10_000,
    }),
    new AbortController().signal,
  )
}

describe.skipIf(SHARED === undefined)(`sshd (skipped where ${WHY_SKIPPED})`, () => {
  it('with no other cipher than chacha20-poly1305 is probed, and keeps our order if it has others', async () => {
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

  it('at its limit of connections is told with its own words', async () => {
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

  it('that takes no more tries to log in rejects the credential', async () => {
    const report = await probeWithKey(await startSshd('MaxAuthTries 1', 'PubkeyAuthentication no'))
    expect(report).toMatchObject({ outcome: 'AUTH_FAILED', phase: 'AUTHENTICATE' })
  })
})
