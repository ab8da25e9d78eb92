import { createPublicKey, createSecretKey, diffieHellman, type KeyObject } from 'node:crypto'
import type { Client, ConnectConfig, Connection, ParsedKey } from 'ssh2'
import { padFromPool } from './packet-padding.ts'
import type { AlgorithmOffer } from './ssh-algorithms.ts'

/**
 * Returns the internal protocol object of ssh2. This file uses some of its properties that are not part of
 * the API. They exist in version 1.17; the tests of the probe fail if a later version lacks them.
 */
function protocolOf(connection: Client | Connection): object {
  return propertyOf(connection, '_protocol')
}

function propertyOf(target: object, name: string): object {
  const value: unknown = Reflect.get(target, name)
  if (typeof value !== 'object' || value === null) throw new Error(`ssh2 has no ${name} any more.`)
  return value
}

/** The offers as the library encoded them, which takes it some 40 µs. It only reads them. */
const encodedOffers = new WeakMap<AlgorithmOffer, object>()

/** Starts the SSH connection. The library encodes the offer of algorithms only if it is new. */
export function connectOffering(client: Client, offer: AlgorithmOffer, config: ConnectConfig): void {
  const encoded = encodedOffers.get(offer)
  client.connect(encoded === undefined ? { ...config, algorithms: offer } : config)
  const protocol = protocolOf(client)
  if (encoded === undefined) encodedOffers.set(offer, propertyOf(protocol, '_offer'))
  else Reflect.set(protocol, '_offer', encoded)
  padFirstPackets(client)
}

/** Has the packets before the first keys padded from the pool. Call it before the first packet is sent. */
export function padFirstPackets(connection: Client | Connection): void {
  padFromPool(propertyOf(protocolOf(connection), '_cipher'), { blockLength: 8, unencryptedLength: 0 })
}

/**
 * Sets the identification that the key exchange signs (V_S of RFC 4253 section 8) to the bytes that the
 * server sent. The library decodes the line as UTF-8 and refuses one without a name, so it may have received
 * a different line. Call it after the library has read the line, and before it reads more.
 *
 * @param line in Latin-1
 */
export function setServerIdentification(client: Client, line: string): void {
  Reflect.set(protocolOf(client), '_remoteIdentRaw', Buffer.from(line, 'latin1'))
}

type Handler = (protocol: unknown, ...values: never[]) => void

/** Returns the functions that the library calls for the messages of the server, by the message. */
function handlersOf(client: Client): Record<string, Handler> {
  return propertyOf(protocolOf(client), '_handlers') as Record<string, Handler>
}

function handlerOf(client: Client, message: string): Handler {
  const handler = handlersOf(client)[message]
  if (handler === undefined) throw new Error(`ssh2 has no handler for ${message} any more.`)
  return handler
}

/**
 * Calls `listener` for an SSH_MSG_DISCONNECT of the server (RFC 4253 section 11.1). The library itself does
 * not report reason 11 and its description.
 */
export function onDisconnect(client: Client, listener: (reason: number, description: string) => void): void {
  handlersOf(client).DISCONNECT = (_protocol, reason: number, description: string) =>
    listener(reason, description)
}

/**
 * Sends the first login request right behind the request for the service, instead of after its acceptance.
 * That saves a round trip. A server has to take requests in their order (RFC 4252 section 5.1). Call it in
 * the event `handshake` of the first key exchange.
 *
 * @param awaitsExtensions whether the first request depends on the extensions of the server (RFC 8308). It
 * then follows them, or the acceptance if the server has none.
 * @param onAccepted called when the server accepts the service
 */
export function logInEarly(client: Client, awaitsExtensions: boolean, onAccepted: () => void): void {
  const handlers = handlersOf(client)
  const protocol = protocolOf(client)
  const acceptService = handlerOf(client, 'SERVICE_ACCEPT') as (protocol: unknown, name: string) => void
  const takeExtensions = handlerOf(client, 'EXT_INFO')
  let hasBegun = false
  const begin = () => {
    if (hasBegun) return
    hasBegun = true
    // The library starts the login when it handles this message.
    acceptService(protocol, 'ssh-userauth')
  }
  handlers.SERVICE_ACCEPT = () => {
    onAccepted()
    begin()
  }
  if (awaitsExtensions) {
    handlers.EXT_INFO = (...values) => {
      takeExtensions(...values)
      begin()
    }
    return
  }
  // The request for the service is sent after the event, and leaves in the same packet.
  queueMicrotask(begin)
}

/** The hash functions of signature algorithms that have a choice (RFC 8332). */
const HASHES: Readonly<Record<string, string>> = { 'rsa-sha2-256': 'sha256', 'rsa-sha2-512': 'sha512' }

type Sign = (data: Buffer, done: (signature: Buffer) => void) => void

/**
 * Sends the signature with the first request for a private key, instead of asking first whether the server
 * would accept the key (RFC 4252 section 7). That saves a round trip. Keys of an agent are not affected.
 */
export function signAtOnce(client: Client): void {
  const protocol = protocolOf(client)
  const request = Reflect.get(protocol, 'authPK') as
    | ((username: string, key: ParsedKey, algorithm?: string, sign?: Sign) => void)
    | undefined
  if (request === undefined) throw new Error('ssh2 has no authPK any more.')
  Reflect.set(
    protocol,
    'authPK',
    (username: string, key: ParsedKey | Buffer, algorithm?: string, sign?: Sign) => {
      const signWith = (data: Buffer, done: (signature: Buffer) => void) => {
        const signature = (key as ParsedKey).sign(data, HASHES[algorithm ?? ''])
        if (signature instanceof Error) client.emit('error', signature)
        else done(signature)
      }
      const isPrivate = 'isPrivateKey' in key && key.isPrivateKey()
      request.call(
        protocol,
        username,
        key as ParsedKey,
        algorithm,
        sign ?? (isPrivate ? signWith : undefined),
      )
    },
  )
}

/** Matches OpenSSL's names of the ciphers for which the library makes a new object for each packet. */
const NEW_FOR_EACH_PACKET = /^aes-(128|256)-gcm$/

/**
 * Converts the keys of the session once. Otherwise Node.js converts them for each packet. Also has the
 * packets padded from the pool. Call it in the event `handshake`.
 */
export function prepareCiphers(connection: Client | Connection): void {
  const protocol = protocolOf(connection)
  const cipher = propertyOf(protocol, '_cipher')
  // The length of a packet is authenticated, but not encrypted (RFC 5647 section 7.3).
  if (prepareKey(cipher, '_encSSLName', '_encKey')) {
    padFromPool(cipher, { blockLength: 16, unencryptedLength: 4 })
  }
  prepareKey(propertyOf(protocol, '_decipher'), '_decipherSSLName', '_decipherKey')
}

/** Returns whether it is a cipher whose key can be converted. */
function prepareKey(cipher: object, nameAt: string, keyAt: string): boolean {
  const key: unknown = Reflect.get(cipher, keyAt)
  if (!NEW_FOR_EACH_PACKET.test(String(Reflect.get(cipher, nameAt))) || !Buffer.isBuffer(key)) return false
  Reflect.set(cipher, keyAt, createSecretKey(key))
  return true
}

/** The key exchange of the library over Curve25519 (RFC 8731), the most frequent one. */
interface Curve25519Exchange {
  generateKeys(): void
  _keys: { publicKey: KeyObject; privateKey: KeyObject }
  /** The exchange of the other curves and groups. */
  _dh: { computeSecret(peerKey: Buffer): Buffer } | null
}

/** The prototypes whose methods were replaced. */
const shortened = new WeakSet<object>()

/**
 * Replaces the two steps of the key exchange over Curve25519 in which the library encodes keys in DER, which
 * takes OpenSSL nearly as long as the exchange itself. Call it in the event `handshake`: it affects all
 * further connections of the thread.
 */
export function shortenKeyExchange(client: Client): void {
  const exchange = propertyOf(protocolOf(client), '_kex')
  if (Reflect.get(exchange, 'type') !== '25519') return
  const prototype = Object.getPrototypeOf(exchange)
  if (shortened.has(prototype)) return
  shortened.add(prototype)
  const { computeSecret } = Object.getPrototypeOf(prototype)
  prototype.getPublicKey = function (this: Curve25519Exchange) {
    this.generateKeys()
    return Buffer.from(this._keys.publicKey.export({ format: 'jwk' }).x ?? '', 'base64url')
  }
  prototype.computeSecret = function (this: Curve25519Exchange, peerKey: Buffer) {
    this._dh = { computeSecret: (x) => sharedSecret(this._keys.privateKey, x) }
    return computeSecret.call(this, peerKey)
  }
}

function sharedSecret(privateKey: KeyObject, peerKey: Buffer): Buffer {
  const jwk = { kty: 'OKP', crv: 'X25519', x: peerKey.toString('base64url') }
  return diffieHellman({ privateKey, publicKey: createPublicKey({ key: jwk, format: 'jwk' }) })
}
