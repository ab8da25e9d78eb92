import { parentPort } from 'node:worker_threads'
import '../../../src/refresh/pool/probe-thread.ts'
import type { ProbeOrders } from '../../../src/refresh/pool/probe-messages.ts'

// A probe thread like any other, but for what it does on top where it is to probe a host of one of these names.

const STALLS = 'stalls.invalid'
const DIES = 'dies.invalid'
const DELAYS = 'delays.invalid'

parentPort?.on('message', ({ start }: ProbeOrders) => {
  for (const { task } of start) {
    if (task.host === STALLS) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0)
    if (task.host === DELAYS) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 400)
    if (task.host === DIES) throw new Error('The thread fell over.')
  }
})
