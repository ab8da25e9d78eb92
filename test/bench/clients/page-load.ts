import { setTimeout as sleep } from 'node:timers/promises'
import { HttpConnection } from '../support/http-connection.ts'
import { type PageLoad, type PageLoadResult, STOP } from '../support/page-load.ts'

// The process that asks for pages, as many clients at once. It answers each load with what came of it.

let isStopped = false

process.on('message', async (load: PageLoad | typeof STOP) => {
  isStopped = load === STOP
  if (load !== STOP) process.send?.(await run(load))
})
process.once('disconnect', () => process.exit())

async function run({ url, query, cursors, clients, pace, durationMs }: PageLoad): Promise<PageLoadResult> {
  // Not while the time is taken.
  const bodies = cursors.map((after) => JSON.stringify({ query, variables: { after } }))
  const connections = await Promise.all(Array.from({ length: clients }, () => HttpConnection.open(url)))
  const latencies: number[] = []
  let sent = 0
  let bytes = 0
  const begun = performance.now()
  const cpuBefore = process.cpuUsage()
  const isOver = () => isStopped || performance.now() >= begun + durationMs

  const ask = async (connection: HttpConnection, since: number): Promise<void> => {
    const body = bodies[sent % bodies.length] ?? ''
    sent += 1
    const answer = await connection.post(body)
    if (answer.status !== 200 || !answer.beginning.includes('{"data":{')) {
      throw new Error(`A page was answered with status ${answer.status}: ${answer.beginning}`)
    }
    latencies.push(answer.lastByteAt - since)
    bytes += answer.bytes
  }
  const withoutPause = async (connection: HttpConnection): Promise<void> => {
    while (!isOver()) await ask(connection, performance.now())
  }
  const atPace = async (connection: HttpConnection, everyMs: number): Promise<void> => {
    for (let due = begun + Math.random() * everyMs; ; ) {
      const early = due - performance.now()
      if (early > 0) await sleep(early)
      if (isOver()) return
      // A timer that is late is no fault of the server, the answer before is.
      await ask(connection, early > 0 ? performance.now() : due)
      // People do not ask in step.
      due += (0.5 + Math.random()) * everyMs
    }
  }
  await Promise.all(
    connections.map((connection) =>
      pace === null ? withoutPause(connection) : atPace(connection, 1000 / pace),
    ),
  )
  const { user, system } = process.cpuUsage(cpuBefore)
  for (const connection of connections) connection.close()
  return {
    latencies: Float64Array.from(latencies),
    bytes,
    wallMs: performance.now() - begun,
    cpuMs: (user + system) / 1000,
  }
}
