import { once } from 'node:events'
import { connect } from 'node:net'
import { probe } from '../../../src/netconf/probe.ts'
import type { ProbeReport, ProbeTask } from '../../../src/netconf/report/probe-report.ts'
import { HandClock } from '../../support/hand-clock.ts'
import { type Device, taskFor, tcpDevice } from './ssh-device.ts'

/** Starts a device that calls `stalled` once it does nothing more. */
export type StalledDevice = (stalled: () => void) => Promise<Device>

/** A probe that waits for its device, on a clock that only the test moves. */
export interface StalledProbe extends AsyncDisposable {
  device: Device
  clock: HandClock
  report: Promise<ProbeReport>
  abort(): void
  /** Whether the probe goes on although all that was sent has arrived. */
  isRunning(): Promise<boolean>
}

/** Probes the device until it stalls. */
export async function probeUntilStalled(
  start: StalledDevice,
  changes?: Partial<ProbeTask>,
): Promise<StalledProbe> {
  const stalled = Promise.withResolvers<void>()
  const device = await start(() => stalled.resolve())
  const clock = new HandClock()
  const controller = new AbortController()
  let running = true
  const report = probe(taskFor(device, changes), controller.signal, { clock }).finally(() => {
    running = false
  })
  await Promise.race([stalled.promise, report])
  await delivery()
  return {
    device,
    clock,
    report,
    abort: () => controller.abort(),
    async isRunning() {
      await delivery()
      return running
    },
    [Symbol.asyncDispose]: () => device[Symbol.asyncDispose](),
  }
}

/** Resolves once what was sent over loopback so far has been received: it comes before a message that is sent now. */
async function delivery(): Promise<void> {
  await using echo = await tcpDevice((socket) => void socket.pipe(socket))
  const socket = connect(echo.port, '127.0.0.1')
  socket.write('?')
  await once(socket, 'data')
  socket.destroy()
}
