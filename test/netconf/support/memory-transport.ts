import type { Transport, TransportReceiver } from '../../../src/netconf/transport.ts'

/** The server's end of a transport in memory. */
export class MemoryTransport implements Transport {
  sent = ''
  #receiver: TransportReceiver | null = null

  attach(receiver: TransportReceiver): void {
    this.#receiver = receiver
  }

  send(text: string): void {
    this.sent += text
  }

  close(): Promise<void> {
    return Promise.resolve()
  }

  answer(...pieces: string[]): void {
    for (const piece of pieces) this.#receiver?.data(Buffer.from(piece))
  }

  end(stderr = ''): void {
    this.#receiver?.ended({ failure: null, stderr })
  }
}
