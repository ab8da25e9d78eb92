import { test } from 'vitest'
import { expectNoConnectionKept } from './support/connections-kept.ts'

test('a faulty device 5 ms away lets go of a connection that its peer has left, and serves the next', () =>
  expectNoConnectionKept(5))
