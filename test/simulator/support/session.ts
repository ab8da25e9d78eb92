import { connect } from 'node:net'
import { Client, type ClientChannel, type ConnectConfig } from 'ssh2'
import type { InventoryRecord } from '../../../src/inventory/record.ts'

export type Target = Pick<InventoryRecord, 'address' | 'port'>

/** A logged-in connection; rejects with ssh2's error where the login fails. */
export async function logIn({ address, port }: Target, login: ConnectConfig): Promise<Client> {
  const client = new Client()
  const sock = connect({ host: address, port, noDelay: true })
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  client.on('error', reject)
  client.once('ready', resolve)
  client.once('close', () => reject(new Error('The connection ended before the login.')))
  client.connect({ sock, ...login })
  try {
    await promise
    return client
  } catch (failure) {
    sock.destroy()
    throw failure
  }
}

/** A NETCONF session without any protocol knowledge: text out, text in. */
export class RawSession {
  readonly client: Client
  readonly #channel: ClientChannel
  #received = ''
  #ended = false
  #wake: () => void = () => undefined

  private constructor(client: Client, channel: ClientChannel) {
    this.client = client
    this.#channel = channel
    channel.on('data', (bytes: Buffer) => {
      this.#received += bytes.toString()
      this.#wake()
    })
    client.once('close', () => {
      this.#ended = true
      this.#wake()
    })
  }

  static async open(target: Target, login: ConnectConfig): Promise<RawSession> {
    const client = await logIn(target, login)
    return new Promise((resolve, reject) => {
      client.subsys('netconf', (error, channel) => {
        if (error) reject(error)
        else resolve(new RawSession(client, channel))
      })
    })
  }

  send(text: string): void {
    this.#channel.write(text)
  }

  /** What came up to and with `end`; fails where the connection ends before it. */
  async readUntil(end: string): Promise<string> {
    for (;;) {
      const at = this.#received.indexOf(end)
      if (at !== -1) {
        const text = this.#received.slice(0, at + end.length)
        this.#received = this.#received.slice(at + end.length)
        return text
      }
      if (this.#ended) throw new Error(`The connection ended after ${JSON.stringify(this.#received)}.`)
      await this.#change()
    }
  }

  /** What still came before the peer ended the connection. */
  async readToEnd(): Promise<string> {
    while (!this.#ended) await this.#change()
    return this.#received
  }

  #change(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = resolve
    })
  }
}
