import { describe, expect, it } from 'vitest'
import { sshString, uint32 } from '../../../src/base/openssh-key.ts'
import { findMismatch, offerFor } from '../../../src/netconf/ssh/ssh-algorithms.ts'

const OFFER = offerFor({ hostKeys: { check: 'any' }, legacyAlgorithms: false })
const CIPHER = 'aes128-ctr'
const MAC = 'hmac-sha2-256'

/** A key exchange packet of a server, up to its lists of compressions. */
function keyExchange(kex: string, { length = 200 } = {}): Buffer {
  const lists = [kex, 'ssh-ed25519', CIPHER, CIPHER, MAC, MAC, 'none', 'none']
  return Buffer.concat([
    uint32(length),
    Buffer.of(4, 20),
    Buffer.alloc(16),
    ...lists.map((names) => sshString(names)),
  ])
}

describe('findMismatch', () => {
  it('reports a server that offers no algorithm of a kind', () => {
    const mismatch = { kinds: [{ kind: 'kex', offered: [] }], legacyHelps: false }
    expect(findMismatch(keyExchange(''), OFFER)).toEqual(mismatch)
    expect(findMismatch(keyExchange('ext-info-s'), OFFER)).toEqual(mismatch)
  })

  it('ignores a packet that is longer than allowed', () => {
    expect(findMismatch(keyExchange('', { length: 0x7fff_ffff }), OFFER)).toBeNull()
  })

  it('accepts one common algorithm of each kind', () => {
    expect(findMismatch(keyExchange('x,curve25519-sha256'), OFFER)).toBeNull()
  })
})
