import type { Transport, TransportReceiver } from '../../src/netconf/protocol/transport.ts'

const DELIMITER = ']]>]]>'
const BASE_1_1 = '<capability>urn:ietf:params:netconf:base:1.1</capability>'

/** A transport that keeps base:1.1 out of both hellos, so that two sides that know it must do without. */
export class EndOfMessageOnly implements Transport {
  readonly #inner: Transport
  #hello: string | null = ''

  constructor(inner: Transport) {
    this.#inner = inner
  }

  attach(receiver: TransportReceiver): void {
    this.#inner.attach({
      data: (bytes) => {
        if (this.#hello === null) {
          receiver.data(bytes)
          return
        }
        this.#hello += bytes.toString('latin1')
        if (!this.#hello.includes(DELIMITER)) return
        receiver.data(Buffer.from(this.#hello.replace(BASE_1_1, ''), 'latin1'))
        this.#hello = null
      },
      ended: (end) => receiver.ended(end),
    })
  }

  send(text: string): void {
    this.#inner.send(text.replace(BASE_1_1, ''))
  }

  close(): Promise<void> {
    return this.#inner.close()
  }
}
