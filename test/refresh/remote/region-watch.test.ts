import { setImmediate as nextTurn } from 'node:timers/promises'
import { expect, it, onTestFinished } from 'vitest'
import { RegionWatch } from '../../../src/refresh/remote/region-watch.ts'
import { HandClock } from '../../support/hand-clock.ts'

function watching() {
  const clock = new HandClock()
  const changes: [string, boolean][] = []
  const probers: { regions: string[]; concurrency: number | null }[] = []
  const capacities: number[] = []
  const database = { answers: true }
  const watch = new RegionWatch({
    regions: ['EMEA', 'APAC'],
    probers: async () => {
      if (!database.answers) throw new Error('The database does not answer.')
      return probers
    },
    onChange: (region, isServed) => changes.push([region, isServed]),
    onCapacity: () => capacities.push(watch.capacityOf('EMEA')),
    clock,
  })
  onTestFinished(() => watch.close())
  const pass = async (seconds: number) => {
    for (let second = 0; second < seconds; second += 1) {
      clock.advance(1_000)
      await nextTurn()
    }
  }
  return { clock, changes, capacities, probers, watch, database, pass }
}

it('takes a region to be served until its probers had time to start', async () => {
  const { changes, watch, pass } = watching()
  await pass(12)
  expect(watch.isServed('EMEA')).toBe(true)
  await pass(2)
  expect(watch.isServed('EMEA')).toBe(false)
  expect(changes).toEqual([
    ['EMEA', false],
    ['APAC', false],
  ])
})

it('takes no region to be served that is not configured', () => {
  expect(watching().watch.isServed('LAB')).toBe(false)
})

it('waits for a prober that starts again', async () => {
  const { changes, probers, pass } = watching()
  probers.push({ regions: ['EMEA', 'APAC'], concurrency: 100 })
  await pass(60)
  probers.pop()
  await pass(10)
  probers.push({ regions: ['APAC', 'EMEA'], concurrency: 100 })
  await pass(60)
  expect(changes).toEqual([])
})

it('tells when the last prober of a region is gone, and when there is one again', async () => {
  const { changes, probers, watch, pass } = watching()
  probers.push({ regions: ['EMEA', 'APAC'], concurrency: 100 }, { regions: ['APAC'], concurrency: 100 })
  await pass(60)
  probers.shift()
  await pass(20)
  expect(changes).toEqual([['EMEA', false]])
  expect(watch.isServed('APAC')).toBe(true)
  probers.push({ regions: ['EMEA'], concurrency: 100 })
  await pass(2)
  expect(changes).toEqual([
    ['EMEA', false],
    ['EMEA', true],
  ])
})

it('decides nothing while the database does not answer, and shortly after', async () => {
  const { changes, probers, database, pass } = watching()
  probers.push({ regions: ['EMEA', 'APAC'], concurrency: 100 })
  await pass(10)
  database.answers = false
  probers.pop()
  await pass(120)
  database.answers = true
  await pass(10)
  expect(changes).toEqual([])
  await pass(10)
  expect(changes).toEqual([
    ['EMEA', false],
    ['APAC', false],
  ])
})

it('adds up what the probers of a region can do, and tells when that changes', async () => {
  const { probers, capacities, watch, database, pass } = watching()
  await watch.looked
  expect(watch.capacityOf('EMEA')).toBe(0)
  probers.push({ regions: ['EMEA', 'APAC'], concurrency: 100 }, { regions: ['EMEA'], concurrency: 20 })
  await pass(10)
  expect([watch.capacityOf('EMEA'), watch.capacityOf('APAC')]).toEqual([120, 100])
  database.answers = false
  probers.pop()
  await pass(10)
  expect(watch.capacityOf('EMEA')).toBe(120)
  database.answers = true
  await pass(4)
  expect(capacities).toEqual([120, 100])
  // A prober of an older version does not tell.
  probers.push({ regions: ['EMEA'], concurrency: null })
  await pass(4)
  expect(capacities).toEqual([120, 100, Number.POSITIVE_INFINITY])
})

it('sets no timer once it is closed', async () => {
  const { clock, watch } = watching()
  await watch.close()
  expect(clock.timers).toBe(0)
})
