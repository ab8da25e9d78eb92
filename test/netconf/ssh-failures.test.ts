import { expect, it } from 'vitest'
import { refusedFailure } from '../../src/netconf/ssh-failures.ts'

it.each([
  [830, 'check its access list and its limit of SSH sessions.'],
  [6513, 'port 6513 is that of NETCONF over TLS, that over SSH is usually 830 or 22.'],
])('says what to look at if a device hangs up on port %i', (port, advice) => {
  expect(refusedFailure('', port)).toEqual({
    outcome: 'CONNECTION_REFUSED',
    message: `The device took the TCP connection and closed it before SSH began; ${advice}`,
  })
})
