import type { ProbeFailure } from '../../../src/netconf/outcome/failure.ts'
import type { Transport, TransportReceiver } from '../../../src/netconf/protocol/transport.ts'

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

  answer(...pieces: (string | Buffer)[]): void {
    for (const piece of pieces) {
      this.#receiver?.data(typeof piece === 'string' ? Buffer.from(piece) : piece)
    }
  }

  lose(failure: ProbeFailure): void {
    this.#receiver?.ended({ failure, stderr: '', exit: null })
  }

  end(stderr = '', exit: string | null = null): void {
    this.#receiver?.ended({ failure: null, stderr, exit })
  }
}
