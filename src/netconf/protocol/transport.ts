import type { ProbeFailure } from '../outcome/failure.ts'

/** A byte stream to one NETCONF server, open from the start (RFC 6242 section 3). */
export interface Transport {
  /** Sets the receiver of the data. Called once; data that arrived before is kept for it. */
  attach(receiver: TransportReceiver): void
  /** Queues UTF-8 text for the server. After the end of the stream, it does nothing. */
  send(text: string): void
  /** Ends the stream at once and destroys the socket; idempotent. Resolves when the socket is closed. */
  close(): Promise<void>
}

export interface TransportReceiver {
  data(bytes: Buffer): void
  /** Called once, as the last call, unless `close` ended the stream. */
  ended(end: TransportEnd): void
}

export interface TransportEnd {
  /** The reason why the stream broke off; null if the server ended it in good order. */
  failure: ProbeFailure | null
  /** An excerpt of what the server wrote to standard error; empty if it wrote nothing. */
  stderr: string
  /** Half a sentence on how the server's program ended; null if it ended well or is unknown. */
  exit: string | null
}
