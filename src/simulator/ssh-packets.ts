import { randomBytes } from 'node:crypto'
import { sshString, uint32 } from '../base/openssh-key.ts'

const DISCONNECT = 1
const IGNORE = 2
const KEXINIT = 20
const NEWKEYS = 21
const KEX_ECDH_REPLY = 31
const BLOCK_BYTES = 8
const LEAST_PADDING = 4

/** Encodes an unencrypted packet (RFC 4253 section 6). */
function packet(payload: Buffer): Buffer {
  const short = BLOCK_BYTES - ((4 + 1 + payload.length) % BLOCK_BYTES)
  const padding = short < LEAST_PADDING ? short + BLOCK_BYTES : short
  return Buffer.concat([
    uint32(1 + payload.length + padding),
    Buffer.of(padding),
    payload,
    Buffer.alloc(padding),
  ])
}

/** Encodes the offer of algorithms that begins a key exchange (RFC 4253 section 7.1). */
export function kexInit(kex: string): Buffer {
  const cipher = 'aes128-gcm@openssh.com'
  const mac = 'hmac-sha2-256'
  const lists = [kex, 'ssh-ed25519', cipher, cipher, mac, mac, 'none', 'none', '', '']
  return packet(
    Buffer.concat([
      Buffer.of(KEXINIT),
      randomBytes(16),
      ...lists.map((names) => sshString(names)),
      Buffer.of(0),
      uint32(0),
    ]),
  )
}

/** Encodes the server's half of an elliptic-curve key exchange (RFC 5656 section 4), followed by NEWKEYS. */
export function kexReply(reply: { hostKey: Buffer; point: Buffer; signature: Buffer }): Buffer {
  const parts = [reply.hostKey, reply.point, reply.signature].map((part) => sshString(part))
  return Buffer.concat([
    packet(Buffer.concat([Buffer.of(KEX_ECDH_REPLY), ...parts])),
    packet(Buffer.of(NEWKEYS)),
  ])
}

/** Encodes a disconnection (RFC 4253 section 11.1). */
export function disconnect(reason: number, text: string): Buffer {
  return packet(Buffer.concat([Buffer.of(DISCONNECT), uint32(reason), sshString(text), sshString('')]))
}

/** Encodes a packet without a meaning (RFC 4253 section 11.2). */
export function ignore(content: Buffer): Buffer {
  return packet(Buffer.concat([Buffer.of(IGNORE), sshString(content)]))
}
