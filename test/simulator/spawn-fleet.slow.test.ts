import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { connect } from 'node:net'
import { fileURLToPath } from 'node:url'
import { expect, onTestFinished, test } from 'vitest'
import { systemCodeOf } from '../../src/base/errors.ts'
import { probe } from '../../src/netconf/probe.ts'
import type { FleetOptions } from '../../src/simulator/fleet.ts'
import { spawnFleet } from '../../src/simulator/spawn-fleet.ts'
import { probeTask } from '../support/probe-task.ts'
import type { Target } from './support/session.ts'

/** 'open', or the system's code for why there is no connection. */
function knock({ address, port }: Target): Promise<string> {
  return new Promise((resolve) => {
    const socket = connect({ host: address, port })
    socket.once('connect', () => resolve('open'))
    socket.once('error', (error) => resolve(systemCodeOf(error) ?? error.message))
    socket.once('close', () => socket.destroy())
    socket.once('connect', () => socket.destroy())
  })
}

/** A process that owns a fleet, and the line that it printed. */
async function startOwner(options: FleetOptions): Promise<{ owner: ChildProcess; said: unknown }> {
  const script = fileURLToPath(new URL('support/owner.ts', import.meta.url))
  const owner = spawn(process.execPath, [script, JSON.stringify(options)], {
    stdio: ['ignore', 'pipe', 'ignore'],
  })
  onTestFinished(() => {
    owner.kill('SIGKILL')
  })
  const [line] = await once(owner.stdout, 'data')
  return { owner, said: JSON.parse(String(line)) }
}

test('a fleet in its own process answers, and has ended when it is closed', async () => {
  const fleet = await spawnFleet({ devices: 12, faulty: 0 })
  onTestFinished(() => fleet.close())
  expect(fleet.inventory.length).toBe(12)
  expect(fleet.pid).not.toBe(process.pid)

  // As Ctrl-C in the terminal does, which is for the owner alone.
  if (process.platform !== 'win32') process.kill(fleet.pid, 'SIGINT')
  const { credential } = fleet
  const reports = await Promise.all(
    fleet.inventory.map(({ address, port }) =>
      probe(probeTask({ host: address, port, credential, timeoutMs: 60_000 }), new AbortController().signal),
    ),
  )
  expect(new Set(reports.map(({ outcome }) => outcome))).toEqual(new Set(['SUPPORTED']))

  const [device] = fleet.inventory
  if (device === undefined) throw new Error('The fleet is empty.')
  expect(await knock(device)).toBe('open')
  await Promise.all([fleet.close(), fleet.close()])
  expect(await knock(device)).toBe('ECONNREFUSED')
  await fleet.close()
})

test('a port in use is reported in a sentence', async () => {
  const first = await spawnFleet({ devices: 1, faulty: 0 })
  onTestFinished(() => first.close())
  const port = first.inventory[0]?.port ?? 0
  await expect(spawnFleet({ devices: 1, faulty: 0, port })).rejects.toMatchObject({
    name: 'RollcallError',
    code: 'ADDRESS_IN_USE',
    message: `Port ${port} is in use: give the simulator another port, or 0 for any free one.`,
  })
})

test('a fleet whose process ends before it is up is reported as well', async () => {
  // No caller lets such a port through; here it makes the process fail in a way that it does not expect.
  const { said } = await startOwner({ devices: 1, faulty: 0, port: 70_000 })
  expect(said).toEqual({
    code: 'SIMULATOR_FAILED',
    message: "The simulator's process ended too early (exit code 1): ask for fewer devices.",
  })
})

test('a start can be aborted', async () => {
  const reason = new Error('changed my mind')
  const options = { devices: 1, faulty: 0 }
  await expect(spawnFleet(options, AbortSignal.abort(reason))).rejects.toBe(reason)

  const controller = new AbortController()
  const starting = spawnFleet(options, controller.signal)
  controller.abort(reason)
  await expect(starting).rejects.toBe(reason)
})

test.each(['SIGKILL', 'SIGTERM'] as const)('a fleet ends with an owner that %s ends', async (signal) => {
  const { owner, said } = await startOwner({ devices: 1, faulty: 1 })
  const { device } = said as { device: Target }
  expect(await knock(device)).toBe('open')

  owner.kill(signal)
  await once(owner, 'exit')
  await expect.poll(() => knock(device)).toBe('ECONNREFUSED')
})
