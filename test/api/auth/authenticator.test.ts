import { expect, it } from 'vitest'
import { FailedAttempts } from '../../../src/api/auth/authenticator.ts'
import { newStore } from '../../store/support/fixture.ts'

async function fail(attempts: FailedAttempts, address: string, times: number): Promise<number> {
  let wait = 0
  for (let time = 0; time < times; time++) wait = await attempts.add(address)
  return wait
}

it('counts wrong tokens by IPv4 address and by the /64 of an IPv6 address', async () => {
  const attempts = new FailedAttempts(null)
  expect(await fail(attempts, '192.0.2.1', 20)).toBe(0)
  const wait = await fail(attempts, '192.0.2.1', 1)
  expect(wait).toBeGreaterThan(0)
  expect(wait).toBeLessThanOrEqual(60_000)
  expect(await fail(attempts, '192.0.2.2', 1)).toBe(0)

  expect(await fail(attempts, '2001:db8:0:7::1', 20)).toBe(0)
  expect(await fail(attempts, '2001:db8:0:8::1', 1)).toBe(0)
  expect(await fail(attempts, '2001:db8:0:7:ffff:1:2:3', 1)).toBeGreaterThan(0)
  expect(await fail(attempts, '::ffff:192.0.2.3', 20)).toBe(0)
  expect(await fail(attempts, '::ffff:192.0.2.4', 1)).toBe(0)
  expect(await fail(attempts, '', 20)).toBe(0)
  expect(await fail(attempts, '', 1)).toBeGreaterThan(0)
})

it('counts the wrong tokens of an address over all processes of a database', async () => {
  const { store } = await newStore()
  const [one, other] = [new FailedAttempts(store.rates), new FailedAttempts(store.rates)]
  expect(await fail(one, '192.0.2.1', 15)).toBe(0)
  expect(await fail(other, '192.0.2.1', 5)).toBe(0)
  for (const attempts of [one, other]) {
    const wait = await fail(attempts, '192.0.2.1', 1)
    expect(wait).toBeGreaterThan(0)
    expect(wait).toBeLessThanOrEqual(60_000)
  }
  expect(await fail(other, '192.0.2.2', 1)).toBe(0)
})

it('counts alone while the database does not answer', async () => {
  const attempts = new FailedAttempts({ add: () => Promise.reject(new Error('The database is away.')) })
  expect(await fail(attempts, '192.0.2.1', 20)).toBe(0)
  expect(await fail(attempts, '192.0.2.1', 1)).toBeGreaterThan(0)
})

it('asks the database no more for an address that this process refuses by itself', async () => {
  let asked = 0
  const attempts = new FailedAttempts({
    add: async () => {
      asked += 1
      return { points: asked, leftMs: 60_000 }
    },
  })
  expect(await fail(attempts, '192.0.2.1', 40)).toBeGreaterThan(0)
  expect(asked).toBe(20)
})
