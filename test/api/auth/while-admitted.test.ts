import { expect, it } from 'vitest'
import type { Refusal } from '../../../src/api/auth/refusal.ts'
import { whileAdmitted } from '../../../src/api/auth/while-admitted.ts'

it('a subscription ends with the reason, also where that comes between two reads', async () => {
  const results = async function* () {
    for (let index = 1; ; index += 1) yield { data: { index } }
  }
  let sendAway: (refusal: Refusal) => void = () => undefined
  let isWatched = true
  const admitted = whileAdmitted(results(), (onEnd) => {
    sendAway = onEnd
    return () => {
      isWatched = false
    }
  })
  expect((await admitted.next()).value).toEqual({ data: { index: 1 } })
  sendAway({ reason: 'REVOKED', message: 'The token was revoked.' })
  const told = JSON.parse(JSON.stringify((await admitted.next()).value))
  expect(told).toEqual({
    errors: [{ message: 'The token was revoked.', extensions: { code: 'UNAUTHENTICATED' } }],
  })
  expect(await admitted.next()).toEqual({ done: true, value: undefined })
  expect(isWatched).toBe(false)
})
