import type { ProbeFailure } from './failure.ts'

/** A byte stream to one NETCONF server, open from the start (RFC 6242 section 3). */
export interface Transport {
  /** Names who gets what arrives. Called once; what arrived before is kept for it. */
  attach(receiver: TransportReceiver): void
  /** Queues UTF-8 text for the server. After the end it does nothing. */
  send(text: string): void
  /** Ends the stream at once, down to the socket; idempotent. Resolves when the socket is closed. */
  close(): Promise<void>
}

export interface TransportReceiver {
  data(bytes: Buffer): void
  /** Called once, last, unless `close` ended the stream. */
  ended(end: TransportEnd): void
}

export interface TransportEnd {
  /** Why the stream broke off; null where the server ended it in good order. */
  failure: ProbeFailure | null
  /** What the server wrote to standard error, cut and printable; empty where it wrote nothing. */
  stderr: string
  /**
   * How the server's program ended, as half a sentence; null if it ended well, or the server did not tell.
   */
  exit: string | null
}
