import { test } from 'vitest'
import { expectNoConnectionKept } from './support/connections-kept.ts'

test.each([0, 5])(
  'a faulty device %i ms away closes a connection that its peer has left, and serves the next',
  expectNoConnectionKept,
)
