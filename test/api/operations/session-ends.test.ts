import { expect, it } from 'vitest'
import type { AuthFailure } from '../../../src/api/auth/auth-result.ts'
import { whileAuthenticated } from '../../../src/api/operations/session-ends.ts'

it('a subscription ends with the reason, even between two reads', async () => {
  const results = async function* () {
    for (let index = 1; ; index += 1) yield { data: { index } }
  }
  let endSession: (failure: AuthFailure) => void = () => undefined
  let isWatched = true
  const guarded = whileAuthenticated(results(), (onEnd) => {
    endSession = onEnd
    return () => {
      isWatched = false
    }
  })
  expect((await guarded.next()).value).toEqual({ data: { index: 1 } })
  endSession({ reason: 'REVOKED', message: 'The token was revoked.' })
  const last = JSON.parse(JSON.stringify((await guarded.next()).value))
  expect(last).toEqual({
    errors: [{ message: 'The token was revoked.', extensions: { code: 'UNAUTHENTICATED' } }],
  })
  expect(await guarded.next()).toEqual({ done: true, value: undefined })
  expect(isWatched).toBe(false)
})
