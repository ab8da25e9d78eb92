import { lookup } from 'node:dns/promises'
import { describe, expect, it } from 'vitest'
import { unknownPeer } from '../../src/netconf/report/probe-report.ts'
import { SshTransport } from '../../src/netconf/ssh/ssh-transport.ts'
import { HandClock } from '../support/hand-clock.ts'
import { startFullListener } from './support/full-listener.ts'
import { healthy, run } from './support/probing.ts'
import { sshDevice, taskFor } from './support/ssh-device.ts'

function transportTo(port: number, connectWithinMs: number, clock: HandClock) {
  const task = taskFor({ port })
  return new SshTransport({
    address: '127.0.0.1',
    task,
    peer: unknownPeer(),
    clock,
    connectWithinMs,
    enter: () => {},
    mayHurry: () => true,
  })
}

const addresses = await lookup('localhost', { all: true })

describe('one of several addresses', () => {
  it('is abandoned when its share of the time is over', async () => {
    const port = await startFullListener()
    const clock = new HandClock()
    const transport = transportTo(port, 150, clock)
    const opened = transport.open()
    clock.advance(149)
    expect(clock.timers).toBe(1)
    clock.advance(1)
    expect(await opened).toMatchObject({
      outcome: 'UNREACHABLE',
      message: `No TCP connection to 127.0.0.1 port ${port} (ETIMEDOUT); check the address, the route and the firewalls on the way.`,
    })
    await transport.close()
  })

  it('limits only the connection, not the later phases', async () => {
    const clock = new HandClock()
    await using device = await sshDevice({
      // Longer than the share.
      login: (context) => {
        clock.advance(300)
        context.accept()
      },
      netconf: healthy,
    })
    const transport = transportTo(device.port, 150, clock)
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
      const clock = new HandClock()
      const running = run(device, { host: 'localhost', timeoutMs: 2000 }, clock)
      // The deadline, and the share of the first address.
      await expect.poll(() => clock.timers).toBe(2)
      clock.advance(1000)
      const report = await running
      expect(report).toMatchObject({ outcome: 'SUPPORTED', peer: { address: '127.0.0.1' } })
      expect(report.phases[1]?.durationMs).toBe(1000)
    },
  )
})
