import { onTestFinished } from 'vitest'
import { systemClock } from '../../../../src/base/clock.ts'
import { type Logger, silentLogger } from '../../../../src/base/log.ts'
import { Prober, type ProberOptions } from '../../../../src/refresh/remote/prober.ts'
import { RemotePool } from '../../../../src/refresh/remote/remote-pool.ts'
import { TaskQueue } from '../../../../src/refresh/remote/task-queue.ts'
import { openQueueDatabase, type QueueDatabase } from '../../../../src/store/queue-database.ts'
import { newDatabase } from '../../../store/support/test-database.ts'
import { supportedReport } from './reports.ts'

/** A database that is removed with the test. */
export async function testDatabase(): Promise<string> {
  const { database, remove } = await newDatabase()
  onTestFinished(remove)
  return database
}

export async function openDatabase(url: string): Promise<QueueDatabase> {
  const database = await openQueueDatabase({ database: url })
  onTestFinished(() => database.close())
  return database
}

/** The queue as an engine has it. */
export async function engineQueue(url: string, regions: readonly string[] = ['EMEA']): Promise<TaskQueue> {
  const queue = await TaskQueue.openForEngine(await openDatabase(url), { regions, log: silentLogger })
  onTestFinished(() => queue.close())
  return queue
}

/** The queue as a prober has it. */
export async function proberQueue(url: string, regions: readonly string[] = ['EMEA']): Promise<TaskQueue> {
  const queue = await TaskQueue.openForProber(await openDatabase(url), { regions, log: silentLogger })
  if (queue === null) throw new Error('No engine has prepared the queue.')
  onTestFinished(() => queue.close())
  return queue
}

export async function enginePool(
  url: string,
  { regions = ['EMEA'], log = silentLogger }: { regions?: string[]; log?: Logger } = {},
): Promise<RemotePool> {
  const pool = new RemotePool({ queue: await engineQueue(url, regions), clock: systemClock, log })
  onTestFinished(() => pool.close())
  return pool
}

/** A prober in this process, whose devices answer at once unless `probe` says otherwise. */
export async function startTestProber(url: string, options: Partial<ProberOptions> = {}): Promise<Prober> {
  const prober = new Prober({
    queue: await proberQueue(url, options.regions),
    regions: ['EMEA'],
    concurrency: 10,
    credentials: [{ name: 'core', username: 'netops', password: 'horse' }],
    probe: async () => supportedReport(),
    name: 'prober:1',
    log: silentLogger,
    ...options,
  })
  onTestFinished(() => prober.close(AbortSignal.abort()))
  return prober
}

/** Makes the queue take a minute to have passed since anything was taken, kept or looked for. */
export async function passAMinute(database: QueueDatabase): Promise<void> {
  await database.executeSql(`
    update rollcall_queue.job set started_on = started_on - interval '1 minute',
      heartbeat_on = heartbeat_on - interval '1 minute'
    where state = 'active';
    update rollcall_queue.queue set monitor_on = null, monitor_claim_on = null`)
}
