import { lookup } from 'node:dns/promises'
import { describe, expect, it } from 'vitest'
import { unknownPeer } from '../../src/netconf/report/probe-report.ts'
import { SshTransport } from '../../src/netconf/ssh/ssh-transport.ts'
import { startFullListener } from './support/full-listener.ts'
import { healthy, run } from './support/probing.ts'
import { sshDevice, taskFor } from './support/ssh-device.ts'

function transportTo(port: number, connectWithinMs: number | null) {
  const task = taskFor({ port })
  return new SshTransport({
    address: '127.0.0.1',
    task,
    peer: unknownPeer(),
    connectWithinMs,
    enter: () => {},
  })
}

const addresses = await lookup('localhost', { all: true })

describe('one of several addresses', () => {
  it('is given up when its share of the time is over', async () => {
    const port = await startFullListener()
    const transport = transportTo(port, 150)
    const begun = performance.now()
    expect(await transport.open()).toMatchObject({
      outcome: 'UNREACHABLE',
      message: `No TCP connection to 127.0.0.1 port ${port} (ETIMEDOUT); check the address, the route and the firewalls on the way.`,
    })
    expect(performance.now() - begun).toBeGreaterThan(140)
    expect(performance.now() - begun).toBeLessThan(400)
    await transport.close()
  })

  it('has no limit on what follows once it is connected', async () => {
    const netconf = healthy
    await using device = await sshDevice({
      // Longer than the share.
      login: (context) => setTimeout(() => context.accept(), 300),
      netconf,
    })
    const transport = transportTo(device.port, 150)
    expect(await transport.open()).toBeNull()
    await transport.close()
    await device.idle()
  })

  // Only where this machine knows localhost by IPv6 as well.
  it.skipIf(addresses[0]?.family !== 6 || addresses.length < 2)(
    'leaves the rest of the time to the next',
    async () => {
      await using device = await sshDevice({ netconf: healthy })
      await startFullListener({ host: '::1', port: device.port })
      const report = await run(device, { host: 'localhost', timeoutMs: 2000 })
      expect(report).toMatchObject({ outcome: 'SUPPORTED', peer: { address: '127.0.0.1' } })
      expect(report.phases[1]?.durationMs).toBeLessThan(1200)
    },
  )
})
