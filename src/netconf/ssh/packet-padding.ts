import { randomFillSync } from 'node:crypto'

/** Enough for the padding of several hundred packets. */
const POOL_BYTES = 8192
/** The least padding of a packet (RFC 4253 section 6). */
const MIN_PADDING = 4

const pool = Buffer.allocUnsafe(POOL_BYTES)
let used = POOL_BYTES

/** How a cipher wants its packets. All lengths are bytes. */
interface PacketShape {
  /** The length of what is encrypted is a multiple of this power of two. */
  blockLength: number
  /** The first part of a packet, which is not encrypted. */
  unencryptedLength: number
}

/** The prototypes whose method was replaced. */
const replaced = new WeakSet<object>()

/**
 * Replaces the method of the SSH library that allocates a packet, for all ciphers of the same class. The new
 * one takes the random padding from a pool. The library asks OpenSSL for each packet, which costs some 4 µs.
 *
 * @param cipher a cipher object of the library
 */
export function padFromPool(cipher: object, shape: PacketShape): void {
  const prototype: object = Object.getPrototypeOf(cipher)
  if (replaced.has(prototype)) return
  replaced.add(prototype)
  if (!Reflect.has(prototype, 'allocPacket')) throw new Error('ssh2 has no allocPacket any more.')
  Reflect.set(prototype, 'allocPacket', (payloadLength: number) => allocatePacket(payloadLength, shape))
}

/** Returns a packet (RFC 4253 section 6) without its payload: lengths before it, padding behind it. */
function allocatePacket(payloadLength: number, { blockLength, unencryptedLength }: PacketShape): Buffer {
  const unpadded = 4 + 1 + payloadLength
  let padding = blockLength - ((unpadded - unencryptedLength) & (blockLength - 1))
  if (padding < MIN_PADDING) padding += blockLength
  const packet = Buffer.allocUnsafe(unpadded + padding)
  packet.writeUInt32BE(packet.length - 4, 0)
  packet[4] = padding
  if (used + padding > POOL_BYTES) {
    randomFillSync(pool)
    used = 0
  }
  pool.copy(packet, unpadded, used, used + padding)
  used += padding
  return packet
}
