import { once } from 'node:events'
import { connect } from 'node:net'
import { Worker } from 'node:worker_threads'
import { onTestFinished } from 'vitest'

/**
 * A port whose queue of connections is full: the kernel drops what else is sent to it, as a firewall would. The
 * thread that listens is asleep, so that nothing leaves the queue.
 */
export async function startFullListener({ host = '127.0.0.1', port: wanted = 0 } = {}): Promise<number> {
  const worker = new Worker(
    `const { parentPort, workerData } = require('node:worker_threads')
     const server = require('node:net').createServer()
     server.listen({ ...workerData, backlog: 1 }, () => {
       parentPort.postMessage(server.address().port)
       Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0)
     })`,
    { eval: true, workerData: { host, port: wanted } },
  )
  const [port] = await once(worker, 'message')
  const fillers = [0, 1, 2].map(() => connect(port, host).on('error', () => {}))
  onTestFinished(async () => {
    for (const filler of fillers) filler.destroy()
    await worker.terminate()
  })
  await Promise.all(fillers.slice(0, 2).map((filler) => once(filler, 'connect')))
  return port
}
