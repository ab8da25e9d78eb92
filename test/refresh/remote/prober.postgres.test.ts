import { setImmediate as nextTurn } from 'node:timers/promises'
import { expect, it } from 'vitest'
import { cancelledReport } from '../../../src/refresh/pool/unprobed-reports.ts'
import { until } from '../../support/until.ts'
import { enginePool, engineQueue, startTestProber, testDatabase } from './support/queue.ts'
import { remoteTask, supportedReport } from './support/reports.ts'

const never = new AbortController().signal

it('probes no more devices at once than it may', async () => {
  const url = await testDatabase()
  const pool = await enginePool(url)
  const isFull = Promise.withResolvers<void>()
  let most = 0
  let running = 0
  const probe = async () => {
    running += 1
    most = Math.max(most, running)
    if (running === 7) isFull.resolve()
    await isFull.promise
    await nextTurn()
    running -= 1
    return supportedReport()
  }
  await startTestProber(url, { concurrency: 7, probe })
  await Promise.all(Array.from({ length: 60 }, () => pool.probe(remoteTask(), 'EMEA', never)))
  expect(most).toBe(7)
})

it('shares the devices of its region with the others', async () => {
  const url = await testDatabase()
  const pool = await enginePool(url)
  const counts = [0, 0]
  for (const index of counts.keys()) {
    await startTestProber(url, {
      concurrency: 100,
      probe: async (_task, signal) => {
        counts[index] = (counts[index] ?? 0) + 1
        await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }))
        return cancelledReport(Date.now())
      },
    })
  }
  const abort = new AbortController()
  const waiting: Promise<unknown>[] = []
  // They come one by one, as the throttle admits them.
  for (let count = 1; count <= 100; count += 1) {
    waiting.push(pool.probe(remoteTask(), 'EMEA', abort.signal))
    await until(() => (counts[0] ?? 0) + (counts[1] ?? 0) >= count - 10)
  }
  await until(() => (counts[0] ?? 0) + (counts[1] ?? 0) === 100)
  expect(Math.min(...counts)).toBeGreaterThan(20)
  abort.abort()
  await Promise.all(waiting)
})

it('ends what it has begun and takes nothing more when it closes', async () => {
  const url = await testDatabase()
  const pool = await enginePool(url)
  const end = Promise.withResolvers<void>()
  let started = 0
  const prober = await startTestProber(url, {
    concurrency: 2,
    probe: async () => {
      started += 1
      await end.promise
      return supportedReport()
    },
  })
  const waiting = Array.from({ length: 4 }, () => pool.probe(remoteTask(), 'EMEA', never))
  await until(() => started === 2)
  const closing = prober.close()
  end.resolve()
  await closing
  expect(started).toBe(2)
  await startTestProber(url)
  expect(await Promise.all(waiting)).toMatchObject(Array(4).fill({ outcome: 'SUPPORTED' }))
})

it('gives back what does not end in time when it closes', async () => {
  const url = await testDatabase()
  const pool = await enginePool(url)
  let started = 0
  const prober = await startTestProber(url, {
    probe: async (_task, signal) => {
      started += 1
      await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }))
      return cancelledReport(Date.now())
    },
  })
  const waiting = pool.probe(remoteTask(), 'EMEA', never)
  await until(() => started === 1)
  await prober.close(AbortSignal.abort())
  await startTestProber(url)
  expect(await waiting).toMatchObject({ outcome: 'SUPPORTED' })
})

it('fails once the engine does not know its region any more', { timeout: 120_000 }, async () => {
  const url = await testDatabase()
  await engineQueue(url, ['EMEA', 'APAC'])
  const prober = await startTestProber(url, { regions: ['APAC'] })
  await engineQueue(url, ['EMEA'])
  await expect(prober.failed).rejects.toThrow('The engine knows no region APAC.')
})
