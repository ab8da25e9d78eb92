import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { padFromPool } from '../../../src/netconf/ssh/packet-padding.ts'

/** A class of ciphers as in the SSH library, with its shape of packets. */
function cipherOf(blockLength: number, unencryptedLength: number): { allocPacket(length: number): Buffer } {
  class Cipher {
    allocPacket(_payloadLength: number): Buffer {
      throw new Error('It was not replaced.')
    }
  }
  padFromPool(new Cipher(), { blockLength, unencryptedLength })
  return new Cipher()
}

describe.each([
  { blockLength: 8, unencryptedLength: 0 },
  { blockLength: 16, unencryptedLength: 4 },
])('a packet with blocks of $blockLength bytes', ({ blockLength, unencryptedLength }) => {
  const cipher = cipherOf(blockLength, unencryptedLength)

  it('has the lengths that RFC 4253 asks for, with the least padding', () => {
    fc.assert(
      fc.property(fc.nat(20_000), (payloadLength) => {
        const packet = cipher.allocPacket(payloadLength)
        const padding = packet.readUInt8(4)
        expect(packet.length).toBe(4 + 1 + payloadLength + padding)
        expect(packet.readUInt32BE(0)).toBe(packet.length - 4)
        expect((packet.length - unencryptedLength) % blockLength).toBe(0)
        expect(padding).toBeGreaterThanOrEqual(4)
        expect(padding).toBeLessThan(4 + blockLength)
      }),
    )
  })

  it('has random padding that no other packet has', () => {
    // The longest padding: so many bytes that two are not the same by chance.
    const longest = Array.from({ length: blockLength }, (_, length) => length).reduce((best, length) =>
      cipher.allocPacket(length).readUInt8(4) > cipher.allocPacket(best).readUInt8(4) ? length : best,
    )
    const paddings = Array.from({ length: 3_000 }, () =>
      cipher.allocPacket(longest).toString('hex', 4 + 1 + longest),
    )
    expect(new Set(paddings).size).toBe(paddings.length)
    const counts = new Map<string, number>()
    for (const byte of paddings.join('').match(/../g) ?? []) counts.set(byte, (counts.get(byte) ?? 0) + 1)
    expect(counts.size).toBe(256)
  })
})

it('says so if the library has no such method', () => {
  expect(() => padFromPool(new (class {})(), { blockLength: 8, unencryptedLength: 0 })).toThrow('allocPacket')
})
