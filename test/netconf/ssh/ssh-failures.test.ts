import { expect, it } from 'vitest'
import { sshString } from '../../../src/base/openssh-key.ts'
import { offerFor } from '../../../src/netconf/ssh/ssh-algorithms.ts'
import { protocolFailure, refusedFailure } from '../../../src/netconf/ssh/ssh-failures.ts'

it.each([
  [830, 'check its access list and its limit of SSH sessions.'],
  [6513, 'port 6513 is that of NETCONF over TLS, that over SSH is usually 830 or 22.'],
])('says what to check if a device closes the connection on port %i', (port, advice) => {
  expect(refusedFailure('', port)).toEqual({
    outcome: 'CONNECTION_REFUSED',
    message: `The device took the TCP connection and closed it before SSH began; ${advice}`,
  })
})

it('says that a device offers none of a kind', () => {
  const lists = Array.from({ length: 8 }, () => sshString(''))
  const opening = Buffer.concat([Buffer.from([0, 0, 0, 99, 4, 20]), Buffer.alloc(16), ...lists])
  const offer = offerFor({ hostKeys: { check: 'any' }, legacyAlgorithms: false })
  const { message } = protocolFailure('KEY_EXCHANGE', 'x', opening, offer)
  expect(message).toMatch(/^No key exchange algorithm in common: the device offers none; no host key/)
})
