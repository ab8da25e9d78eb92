import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { type Clock, systemClock } from '../../src/base/clock.ts'
import { probe } from '../../src/netconf/probe.ts'
import type { ProbeCredential, ProbeReport } from '../../src/netconf/report/probe-report.ts'
import { probeTask } from '../support/probe-task.ts'
import { LongWay } from '../support/round-trips.ts'
import { run, startSshd } from './openssh-server.ts'
import { SHARED, WHY_SKIPPED } from './shared-folder.ts'

/** A server in another process that sends nothing for this long waits for its client. */
const QUIET_MS = 1_000

async function quietTime(hasNew: () => boolean): Promise<void> {
  do await sleep(QUIET_MS)
  while (hasNew())
}

/** Probes over a way that counts round trips. */
async function probeOverWay(port: number, credential: ProbeCredential): Promise<ProbeReport> {
  await using way = await LongWay.to({ host: '127.0.0.1', port }, quietTime)
  const task = probeTask({
    host: '127.0.0.1',
    port: way.port,
    credential,
    timeoutMs: 60_000,
    readFacts: true,
  })
  // The relay waits so long in each direction that the limits of a probe must be longer, too.
  const clock: Clock = { ...way.clock, after: (delayMs, run) => systemClock.after(20 * delayMs, run) }
  const report = await probe(task, new AbortController().signal, { clock })
  expect(way.connections).toBe(1)
  return report
}

describe.skipIf(SHARED === undefined)(`round trips to sshd (skipped where ${WHY_SKIPPED})`, () => {
  it.each(['ed25519', 'rsa'])('are 6 to the open subsystem with an %s key', async (type) => {
    const server = await startSshd()
    const keyFile = join(server.folder, 'id')
    await run('ssh-keygen', ['-q', '-t', type, '-m', 'PEM', '-N', '', '-f', keyFile])
    await writeFile(server.authorizedKeys, await readFile(`${keyFile}.pub`))
    const privateKey = await readFile(keyFile, 'utf8')
    const report = await probeOverWay(server.port, { username: server.username, privateKey })

    expect(report).toMatchObject({
      outcome: 'SUPPORTED',
      peer: { identification: expect.stringContaining('OpenSSH') },
    })
    // How long the program behind the subsystem takes to start is not counted.
    expect(report.phases.slice(0, 4)).toEqual([
      { phase: 'CONNECT', durationMs: 1 },
      { phase: 'KEY_EXCHANGE', durationMs: 2 },
      { phase: 'AUTHENTICATE', durationMs: 1 },
      { phase: 'SUBSYSTEM', durationMs: 2 },
    ])
  })
})
