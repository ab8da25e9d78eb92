import { randomUUID } from 'node:crypto'
import { expect, it } from 'vitest'
import { silentLogger } from '../../../src/base/log.ts'
import { TaskQueue } from '../../../src/refresh/remote/task-queue.ts'
import type { QueueDatabase } from '../../../src/store/queue-database.ts'
import { engineQueue, openDatabase, passAMinute, proberQueue, testDatabase } from './support/queue.ts'

const tasks = (count: number) =>
  Array.from({ length: count }, (_, index) => ({
    id: randomUUID(),
    text: `task ${index}`,
    timeoutMs: 10_000,
  }))

const idsOf = (taken: readonly { claim: { id: string } }[]) => taken.map(({ claim }) => claim.id).sort()

it('delivers each task of a region to one prober', async () => {
  const url = await testDatabase()
  const engine = await engineQueue(url, ['EMEA', 'APAC'])
  const [one, other] = [await proberQueue(url), await proberQueue(url, ['EMEA', 'APAC'])]
  const put = tasks(100)
  await engine.put('EMEA', put)
  const taken = await Promise.all([one.take('EMEA', 70), other.take('EMEA', 70)])
  expect(await other.take('APAC', 100)).toEqual([])
  const rest = await one.take('EMEA', 100)
  expect(idsOf([...taken.flat(), ...rest])).toEqual(put.map(({ id }) => id).sort())
  expect(new Set([...taken.flat(), ...rest].map(({ text }) => text)).size).toBe(100)
})

it('enters a task once, however often that is tried', async () => {
  const url = await testDatabase()
  const engine = await engineQueue(url)
  const prober = await proberQueue(url)
  const [task] = tasks(1)
  if (!task) throw new Error('There is no task.')
  await engine.put('EMEA', [task])
  await engine.put('EMEA', [task])
  expect(await prober.take('EMEA', 10)).toHaveLength(1)
  await engine.put('EMEA', [task])
  expect(await prober.take('EMEA', 10)).toEqual([])
})

it('keeps what is taken until it is removed', async () => {
  const url = await testDatabase()
  const engine = await engineQueue(url)
  const prober = await proberQueue(url)
  await engine.put('EMEA', tasks(3))
  const claims = (await prober.take('EMEA', 10)).map(({ claim }) => claim)
  expect([...(await prober.keep('EMEA', claims))].sort()).toEqual(claims.map(({ id }) => id).sort())
  const [first, ...rest] = claims
  await engine.drop('EMEA', [first?.id ?? ''])
  expect([...(await prober.keep('EMEA', claims))].sort()).toEqual(rest.map(({ id }) => id).sort())
})

it('gives back once what was not kept, and then tells that it is lost', async () => {
  const url = await testDatabase()
  const engine = await engineQueue(url)
  const database = await openDatabase(url)
  const prober = await proberQueue(url)
  const [task] = tasks(1)
  if (!task) throw new Error('There is no task.')
  await engine.put('EMEA', [task])
  const [first] = await prober.take('EMEA', 10)
  await passAMinute(database)
  await engine.supervise()
  const [second] = await prober.take('EMEA', 10)
  expect(second?.claim).toEqual({ id: task.id, retryCount: 1 })
  // The first delivery does not count any more.
  expect(await prober.keep('EMEA', first ? [first.claim] : [])).toEqual(new Set())
  expect(await prober.keep('EMEA', second ? [second.claim] : [])).toEqual(new Set([task.id]))
  await passAMinute(database)
  await engine.supervise()
  expect(await prober.take('EMEA', 10)).toEqual([])
  expect(await engine.takeAnswers(10)).toMatchObject({ messages: [], lost: [task.id] })
})

it('gives back what a prober returns', async () => {
  const url = await testDatabase()
  const engine = await engineQueue(url)
  const prober = await proberQueue(url)
  const put = tasks(2)
  await engine.put('EMEA', put)
  const taken = await prober.take('EMEA', 10)
  await prober.giveBack(
    'EMEA',
    taken.map(({ claim }) => claim),
  )
  expect(idsOf(await (await proberQueue(url)).take('EMEA', 10))).toEqual(put.map(({ id }) => id).sort())
})

it('delivers answers again that were taken and not removed', async () => {
  const url = await testDatabase()
  const engine = await engineQueue(url)
  const prober = await proberQueue(url)
  const id = randomUUID()
  await prober.answer(id, 'one')
  await prober.answer(id, 'one')
  const taken = await engine.takeAnswers(10)
  expect(taken.messages).toEqual(['one'])
  const database = await openDatabase(url)
  await passAMinute(database)
  await engine.supervise()
  const again = await engine.takeAnswers(10)
  expect(again.messages).toEqual(['one'])
  await engine.removeAnswers(again)
  await passAMinute(database)
  await engine.supervise()
  expect(await engine.takeAnswers(10)).toMatchObject({ messages: [], lost: [] })
})

it('is empty when another engine takes over', async () => {
  const url = await testDatabase()
  const former = await engineQueue(url)
  const prober = await proberQueue(url)
  await former.put('EMEA', tasks(3))
  const [taken] = await prober.take('EMEA', 1)
  await prober.answer(randomUUID(), 'of the former')
  const engine = await engineQueue(url)
  expect(await prober.take('EMEA', 10)).toEqual([])
  expect(await prober.keep('EMEA', taken ? [taken.claim] : [])).toEqual(new Set())
  expect(await engine.takeAnswers(10)).toMatchObject({ messages: [] })
})

it('has no tasks for a region that the engine does not know any more', async () => {
  const url = await testDatabase()
  await engineQueue(url, ['EMEA', 'APAC'])
  const prober = await proberQueue(url, ['APAC'])
  await engineQueue(url, ['EMEA'])
  await expect(prober.expectRegions(['APAC'])).rejects.toThrow(
    'The engine knows no region APAC. Its regions are EMEA; name one of them, or add APAC to "devices.region"',
  )
})

it('refuses a prober of a region that the engine does not know', async () => {
  const url = await testDatabase()
  await engineQueue(url, ['EMEA', 'APAC'])
  await expect(proberQueue(url, ['EMEA', 'ASIA'])).rejects.toThrow(
    'The engine knows no region ASIA. Its regions are APAC, EMEA; name one of them',
  )
})

it('lets a prober wait, whichever statement of the engine that prepares the regions it comes after', async () => {
  const url = await testDatabase()
  const database: QueueDatabase = { ...(await openDatabase(url)), close: async () => undefined }
  // The engine is then the first one in the database.
  await database.executeSql('drop schema if exists rollcall_queue cascade')
  const regions = ['EMEA', 'APAC', 'AMER']
  const found: boolean[] = []
  const observed: QueueDatabase = {
    ...database,
    executeSql: async (statement, values) => {
      const result = await database.executeSql(statement, values)
      const prober = await TaskQueue.openForProber(database, { regions, log: silentLogger })
      found.push(prober !== null)
      await prober?.close()
      return result
    },
  }
  const engine = await TaskQueue.openForEngine(observed, { regions, log: silentLogger })
  await engine.close()
  expect(found).toContain(false)
  expect(found.at(-1)).toBe(true)
})

it('refuses a prober whose format of tasks is not that of the engine', async () => {
  const url = await testDatabase()
  await engineQueue(url)
  const database = await openDatabase(url)
  await database.executeSql(`
    alter table rollcall_queue.queue disable trigger all;
    update rollcall_queue.queue set dead_letter = null, name = replace(name, '/1', '/2')`)
  await expect(proberQueue(url)).rejects.toThrow('The engine is of another version of Rollcall')
})

it('tells a prober to wait until an engine has prepared it', async () => {
  const url = await testDatabase()
  const database = await openDatabase(url)
  await database.executeSql('drop schema if exists rollcall_queue cascade')
  expect(await TaskQueue.openForProber(database, { regions: ['EMEA'], log: silentLogger })).toBeNull()
})

it('is apart from that of another Rollcall in the database', async () => {
  const url = await testDatabase()
  const [one, other] = [await engineQueue(url), await openDatabase(`${url}`)]
  await one.put('EMEA', tasks(1))
  await other.executeSql('create schema if not exists "Other Team"')
  const apart = { ...other, schema: async () => ({ name: 'Other Team_queue', exists: false }) }
  const queue = await TaskQueue.openForEngine(apart, { regions: ['EMEA'], log: silentLogger })
  expect(await queue.take('EMEA', 10)).toEqual([])
  await queue.close()
  await other.executeSql('drop schema "Other Team" cascade; drop schema "Other Team_queue" cascade')
  expect(await one.take('EMEA', 10)).toHaveLength(1)
})

it('needs the right to create its schema, or one that belongs to its user', async () => {
  const url = await testDatabase()
  const owner = await openDatabase(url)
  const user = `limited_${process.pid}`
  await owner.executeSql(`drop schema if exists rollcall_queue cascade; create role ${user} login`)
  const limited = await openDatabase(url.replace('://rollcall@', `://${user}@`))
  const open = () => TaskQueue.openForEngine(limited, { regions: ['EMEA'], log: silentLogger })
  await expect(open()).rejects.toThrow(/may not be used by this user as Rollcall does \(permission denied/)
  await owner.executeSql(`create schema rollcall_queue authorization ${user}`)
  const queue = await open()
  await queue.put('EMEA', tasks(1))
  expect(await queue.take('EMEA', 10)).toHaveLength(1)
  await queue.close()
  await limited.close()
  await owner.executeSql(`drop owned by ${user} cascade; drop role ${user}`)
})
