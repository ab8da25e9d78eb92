import { createHash } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { pipeline } from 'node:stream/promises'
import { messageOf, systemCodeOf } from '../base/errors.ts'
import type { Logger } from '../base/log.ts'
import type { ApiServices } from './context.ts'
import { type ExportSelection, exportedDevice, hierarchyTexts, ndjsonTexts } from './export-texts.ts'
import { sendText } from './send-text.ts'

interface Export {
  contentType: string
  texts(services: ApiServices, selection: ExportSelection): AsyncGenerator<string>
}

const EXPORTS: ReadonlyMap<string, Export> = new Map([
  [
    '/export/hierarchy.json',
    {
      contentType: 'application/json; charset=utf-8',
      texts: ({ store }, selection) => hierarchyTexts(store, selection),
    },
  ],
  [
    '/export/devices.ndjson',
    {
      contentType: 'application/x-ndjson; charset=utf-8',
      texts: ({ store }, selection) => ndjsonTexts(store.devices.list(selection), exportedDevice),
    },
  ],
])

/** Answers for what is known as files: read from the store while they are sent, as fast as the client takes them. */
export class Exports {
  readonly #services: ApiServices
  readonly #log: Logger

  constructor(services: ApiServices, log: Logger) {
    this.#services = services
    this.#log = log
  }

  /** Returns false where the request is for no export. */
  answer(request: IncomingMessage, response: ServerResponse): boolean {
    const url = new URL(request.url ?? '/', 'http://rollcall')
    const found = EXPORTS.get(url.pathname)
    if (!found) return false
    const all = url.searchParams.get('all') ?? 'false'
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      sendText(response, 405, 'An export can only be read: use GET or HEAD.', { allow: 'GET, HEAD' })
    } else if (all !== 'true' && all !== 'false') {
      sendText(response, 400, '"all" is true, for every active device, or false, for those supported.')
    } else {
      void this.#send(found, { supportedOnly: all === 'false' }, request, response)
    }
    return true
  }

  async #send(
    found: Export,
    selection: ExportSelection,
    request: IncomingMessage,
    response: ServerResponse,
  ): Promise<void> {
    try {
      const etag = await this.#etag(found, selection)
      const headers = { etag, 'cache-control': 'no-cache' }
      if (isOneOf(etag, request.headers['if-none-match'])) {
        response.writeHead(304, headers).end()
        return
      }
      response.writeHead(200, { ...headers, 'content-type': found.contentType })
      if (request.method === 'HEAD') response.end()
      else await pipeline(found.texts(this.#services, selection), response)
    } catch (failure) {
      // A client that has seen enough is no failure.
      if (systemCodeOf(failure) === 'ERR_STREAM_PREMATURE_CLOSE') return
      this.#log.error({ err: failure }, `an export could not be read: ${messageOf(failure)}`)
      // What has been sent in part is cut off by then, so that nobody takes it for the whole.
      if (!response.headersSent) sendText(response, 503, 'The export cannot be read; the log says why.')
    }
  }

  /**
   * Of what the export was when it began. Weak, since a device that changes while it is read may be in it already: the
   * next request then finds another tag.
   */
  async #etag({ contentType }: Export, { supportedOnly }: ExportSelection): Promise<string> {
    const { store, gateway } = this.#services
    const facts = [gateway.version, contentType, supportedOnly, await store.devices.listVersion()]
    return `W/"${createHash('sha256').update(JSON.stringify(facts)).digest('base64url')}"`
  }
}

/** RFC 9110 section 13.1.2: a list of tags, of which weak and strong ones are alike here, or `*`. */
function isOneOf(etag: string, ifNoneMatch: string | undefined): boolean {
  if (ifNoneMatch === undefined) return false
  const opaque = (tag: string) => tag.trim().replace(/^W\//, '')
  return ifNoneMatch.trim() === '*' || ifNoneMatch.split(',').map(opaque).includes(opaque(etag))
}
