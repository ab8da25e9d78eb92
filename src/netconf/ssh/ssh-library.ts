import type { Client } from 'ssh2'

/**
 * Returns the internal protocol object of ssh2. This file uses two of its properties that are not part of the
 * API. They exist in version 1.17; the tests of the probe fail if a later version lacks them.
 */
function protocolOf(client: Client): object {
  const protocol: unknown = Reflect.get(client, '_protocol')
  if (typeof protocol !== 'object' || protocol === null) throw new Error('ssh2 has no _protocol any more.')
  return protocol
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

/**
 * Calls `listener` for an SSH_MSG_DISCONNECT of the server (RFC 4253 section 11.1). The library itself does
 * not report reason 11 and its description.
 */
export function onDisconnect(client: Client, listener: (reason: number, description: string) => void): void {
  const handlers: unknown = Reflect.get(protocolOf(client), '_handlers')
  if (typeof handlers !== 'object' || handlers === null) throw new Error('ssh2 has no _handlers any more.')
  Reflect.set(handlers, 'DISCONNECT', (_protocol: unknown, reason: number, description: string) =>
    listener(reason, description),
  )
}
