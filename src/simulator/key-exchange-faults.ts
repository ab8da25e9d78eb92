import { randomBytes } from 'node:crypto'
import type { Socket } from 'node:net'
import { sshString, uint32 } from '../base/openssh-key.ts'
import { type Behaviour, flood } from './behaviour.ts'
import { deriveKeyPair } from './key-pair.ts'

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
function kexReply(reply: { hostKey: Buffer; point: Buffer; signature: Buffer }): Buffer {
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
function ignore(content: Buffer): Buffer {
  return packet(Buffer.concat([Buffer.of(IGNORE), sshString(content)]))
}

const IDENTIFICATION = Buffer.from('SSH-2.0-Cisco-1.25\r\n')
const OFFER = kexInit('curve25519-sha256')
/** Everything that a client sends before its offer is shorter. */
const LONGER_THAN_IDENTIFICATION = 256
const BY_APPLICATION = 11
const TOO_MANY_CONNECTIONS = 12

const HOST_KEY = Buffer.from(deriveKeyPair('forged').publicKey.split(' ')[1] ?? '', 'base64')
const SIGNATURE = Buffer.concat([sshString('ssh-ed25519'), sshString(Buffer.alloc(64, 1))])
/** The base point of the curve, used as an arbitrary valid point. */
const POINT = Buffer.concat([Buffer.of(9), Buffer.alloc(31)])

/** Sends these packets as an SSH server would, and nothing more. */
function sends(...packets: Buffer[]): Behaviour {
  return {
    connection(socket) {
      socket.resume()
      socket.write(Buffer.concat([IDENTIFICATION, ...packets]))
    },
  }
}

/** Offers its algorithms, and does `act` when the peer has sent its offer. */
function amidst(act: (socket: Socket) => void): Behaviour {
  return {
    connection(socket) {
      let heard = 0
      socket.on('data', (bytes: Buffer) => {
        const before = heard
        heard += bytes.length
        if (before <= LONGER_THAN_IDENTIFICATION && heard > LONGER_THAN_IDENTIFICATION) act(socket)
      })
      socket.write(Buffer.concat([IDENTIFICATION, OFFER]))
    },
  }
}

/**
 * Faults of the key exchange (RFC 4253 sections 7 and 8). They are made by hand, because no SSH library sends
 * these.
 */
export const KEY_EXCHANGE_FAULTS = {
  /** Offers only group exchange, which Rollcall does not accept. */
  'no-common-algorithm': sends(kexInit('diffie-hellman-group-exchange-sha256')),
  /** Stops half-way: both sides have sent their offers, and the client its half of the key. */
  'stops-in-key-exchange': sends(OFFER),
  'closes-in-key-exchange': amidst((socket) => socket.end()),
  'resets-in-key-exchange': amidst((socket) => socket.resetAndDestroy()),
  'disconnects-in-key-exchange': amidst((socket) =>
    socket.end(disconnect(TOO_MANY_CONNECTIONS, 'All VTY lines are in use')),
  ),
  /** Disconnects with a reason code that says nothing, and a text. */
  'leaves-in-key-exchange': amidst((socket) =>
    socket.end(disconnect(BY_APPLICATION, 'System is going down for a restart')),
  ),
  /** Sends packets without end. Each is allowed and has no meaning. */
  'floods-ignored-packets': amidst((socket) => flood(socket, ignore(Buffer.alloc(16_384)))),
  /** Sends a packet that claims to have four gigabytes. */
  'endless-packet': sends(Buffer.alloc(64, 0xff)),
  /** Sends a second packet that is longer than allowed. */
  'oversized-packet': sends(OFFER, uint32(0x7fff_fff0), Buffer.alloc(4096)),
  'lists-cut-off': sends(OFFER.subarray(0, 6), Buffer.alloc(OFFER.length - 6, 0x7f)),
  'empty-host-key': sends(OFFER, kexReply({ hostKey: Buffer.alloc(0), point: POINT, signature: SIGNATURE })),
  /** Sends a host key that has only the name of its type. */
  'stub-of-a-host-key': sends(
    OFFER,
    kexReply({ hostKey: sshString('ssh-ed25519'), point: POINT, signature: SIGNATURE }),
  ),
  /** Shows a host key whose private key it does not have. */
  'forged-host-key': sends(OFFER, kexReply({ hostKey: HOST_KEY, point: POINT, signature: SIGNATURE })),
  /** Sends a point that makes every shared secret the same. */
  'point-of-low-order': sends(
    OFFER,
    kexReply({ hostKey: HOST_KEY, point: Buffer.alloc(32), signature: SIGNATURE }),
  ),
} satisfies Record<string, Behaviour>
