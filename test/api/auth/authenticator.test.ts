import { expect, it } from 'vitest'
import { FailedAttempts } from '../../../src/api/auth/authenticator.ts'

async function fail(attempts: FailedAttempts, address: string, times: number): Promise<number> {
  let wait = 0
  for (let time = 0; time < times; time++) wait = await attempts.add(address)
  return wait
}

it('counts wrong tokens by IPv4 address and by the /64 of an IPv6 address', async () => {
  const attempts = new FailedAttempts()
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
