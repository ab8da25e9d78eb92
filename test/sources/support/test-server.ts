import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import type { AddressInfo, Socket } from 'node:net'
import { join } from 'node:path'
import { buffer } from 'node:stream/consumers'

export interface SeenRequest {
  method: string
  /** With the server's own origin. */
  url: URL
  headers: IncomingHttpHeaders
  body: string
}

type Answer = (seen: SeenRequest, response: ServerResponse) => void

/** Takes a request over, or returns false to have it answered as usual. `page` is 1 for the first request for devices. */
type Intercept = (page: number, response: ServerResponse, seen: SeenRequest) => boolean

/** A key of this test's own, and certificates that nobody but a test trusts. */
export function pem(file: 'test-server.key' | 'test-server.cert' | 'other-host.cert'): string {
  return readFileSync(join(import.meta.dirname, `${file}.pem`), 'utf8')
}

/** An HTTP server that answers as a system with an inventory does, until a test takes requests over. */
export class TestServer {
  readonly requests: SeenRequest[] = []
  /** Requests for devices, those that were taken over included. */
  pages = 0
  intercept: Intercept = () => false
  readonly url: string
  readonly #server: ReturnType<typeof createServer>
  readonly #sockets: Socket[] = []

  private constructor(url: string, server: ReturnType<typeof createServer>) {
    this.url = url
    this.#server = server
    server.on('connection', (socket: Socket) => this.#sockets.push(socket))
  }

  /**
   * @param isPage whether a request is one for devices
   * @param certificate makes it a TLS server
   */
  static async start(
    answer: Answer,
    isPage: (seen: SeenRequest) => boolean,
    certificate?: string,
  ): Promise<TestServer> {
    const server =
      certificate === undefined
        ? createServer()
        : createTlsServer({ key: pem('test-server.key'), cert: certificate })
    // It is for the client to end connections.
    server.keepAliveTimeout = 0
    await once(server.listen(0, '127.0.0.1'), 'listening')
    const { port } = server.address() as AddressInfo
    const url = `${certificate === undefined ? 'http' : 'https'}://127.0.0.1:${port}`
    const started = new TestServer(url, server)
    server.on('request', async (request, response) => {
      const seen = {
        method: request.method ?? '',
        url: new URL(request.url ?? '/', url),
        headers: request.headers,
        body: (await buffer(request)).toString(),
      }
      started.requests.push(seen)
      if (isPage(seen)) {
        started.pages += 1
        if (started.intercept(started.pages, response, seen)) return
      }
      answer(seen, response)
    })
    return started
  }

  /** How often somebody connected. */
  get connections(): number {
    return this.#sockets.length
  }

  /** Resolves once no client is connected. */
  async disconnected(): Promise<void> {
    for (const socket of this.#sockets) if (!socket.closed) await once(socket, 'close')
  }

  async close(): Promise<void> {
    const closed = once(this.#server, 'close')
    this.#server.close()
    this.#server.closeAllConnections()
    await closed
  }
}

export function answerJson(response: ServerResponse, status: number, value: unknown): void {
  const body = JSON.stringify(value)
  response.writeHead(status, {
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(body),
  })
  response.end(body)
}
