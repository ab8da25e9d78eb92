import type { Client } from 'ssh2'

/**
 * The two properties of ssh2 that its API does not reach. They belong to version 1.17; the tests of the probe
 * fail if another one has them no longer.
 */
function protocolOf(client: Client): object {
  const protocol: unknown = Reflect.get(client, '_protocol')
  if (typeof protocol !== 'object' || protocol === null) throw new Error('ssh2 has no _protocol any more.')
  return protocol
}

/**
 * Sets the identification that the key exchange signs (V_S of RFC 4253 section 8): the bytes that the server
 * sent. The library takes the line for UTF-8, and refuses one without a name, so that it may have been handed
 * another line. To be called once it has read the line, before it reads on.
 *
 * @param line in Latin-1
 */
export function setServerIdentification(client: Client, line: string): void {
  Reflect.set(protocolOf(client), '_remoteIdentRaw', Buffer.from(line, 'latin1'))
}

/**
 * Calls `listener` for an SSH_MSG_DISCONNECT of the server (RFC 4253 section 11.1). The library by itself is
 * silent on reason 11, and with that on the description that came along.
 */
export function onDisconnect(client: Client, listener: (reason: number, description: string) => void): void {
  const handlers: unknown = Reflect.get(protocolOf(client), '_handlers')
  if (typeof handlers !== 'object' || handlers === null) throw new Error('ssh2 has no _handlers any more.')
  Reflect.set(handlers, 'DISCONNECT', (_protocol: unknown, reason: number, description: string) =>
    listener(reason, description),
  )
}
