import type { IncomingMessage, ServerResponse } from 'node:http'
import { pipeline } from 'node:stream/promises'
import { messageOf, systemCodeOf } from '../../base/errors.ts'
import type { Logger } from '../../base/log.ts'
import {
  type ExportSelection,
  exportedDevice,
  hierarchyTexts,
  ndjsonTexts,
} from '../../exports/export-texts.ts'
import type { ApiServices } from '../context.ts'
import type { ThreadTurns } from '../fairness/thread-turns.ts'
import type { Bound } from '../limits/limit-errors.ts'
import { type Coding, codingFor } from './compression.ts'
import { entityTag, isKnownToClient } from './http-caching.ts'
import { sendText } from './responses.ts'

interface Export {
  contentType: string
  texts(services: ApiServices, selection: ExportSelection): AsyncGenerator<string>
}

/** The most exports under way at once. */
const MAX_UNDER_WAY = { caller: 10, all: 100 }

const TOO_MANY = {
  caller: {
    status: 429,
    text: `You have ${MAX_UNDER_WAY.caller} exports under way; try again once one has ended.`,
  },
  all: { status: 503, text: `There are ${MAX_UNDER_WAY.all} exports under way; try again in some seconds.` },
}
const VARY = 'Accept-Encoding, Authorization, Origin'
const RETRY_AFTER = { 'retry-after': '5' }

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

/**
 * Serves the inventory as files, which are read from the store while they are sent, as fast as the client
 * reads.
 */
export class Exports {
  readonly #services: ApiServices
  readonly #turns: ThreadTurns
  readonly #log: Logger
  readonly #underWay = new CountUnderWay(MAX_UNDER_WAY)

  constructor(services: ApiServices, { turns, log }: { turns: ThreadTurns; log: Logger }) {
    this.#services = services
    this.#turns = turns
    this.#log = log
  }

  /** Whether there is an export at the path. */
  has(path: string): boolean {
    return EXPORTS.has(path)
  }

  /** Answers GET and HEAD at a path that has an export. */
  answer(request: IncomingMessage, response: ServerResponse, caller: string): void {
    const url = new URL(request.url ?? '/', 'http://rollcall')
    const found = EXPORTS.get(url.pathname)
    const all = url.searchParams.get('all') ?? 'false'
    if (!found || (all !== 'true' && all !== 'false')) {
      sendText(response, 400, '"all" is true, for every active device, or false, for those supported.')
    } else {
      void this.#sendInTurns(found, { supportedOnly: all === 'false' }, request, response, caller)
    }
  }

  async #sendInTurns(
    found: Export,
    selection: ExportSelection,
    request: IncomingMessage,
    response: ServerResponse,
    caller: string,
  ): Promise<void> {
    const end = this.#underWay.add(caller)
    if (typeof end === 'string') {
      sendText(response, TOO_MANY[end].status, TOO_MANY[end].text, RETRY_AFTER)
      return
    }
    try {
      await this.#send(found, selection, request, response, caller)
    } finally {
      end()
    }
  }

  async #send(
    found: Export,
    selection: ExportSelection,
    request: IncomingMessage,
    response: ServerResponse,
    caller: string,
  ): Promise<void> {
    try {
      const etag = await this.#etag(found, selection)
      const headers = { etag, 'cache-control': 'private, no-cache', vary: VARY }
      if (isKnownToClient(etag, request.headers)) {
        response.writeHead(304, headers).end()
        return
      }
      const coding = codingFor(request.headers)
      response.writeHead(200, {
        ...headers,
        'content-type': found.contentType,
        ...(coding && { 'content-encoding': coding.name }),
      })
      if (request.method === 'HEAD') response.end()
      else await this.#stream(found, selection, { response, caller, coding })
    } catch (failure) {
      // A client that stops reading is not a failure.
      if (systemCodeOf(failure) === 'ERR_STREAM_PREMATURE_CLOSE') return
      this.#log.error(
        { event: 'export.failed', err: failure },
        `an export could not be read: ${messageOf(failure)}`,
      )
      // A partial answer is cut off, so that no client mistakes it for the whole.
      if (!response.headersSent) sendText(response, 503, 'The export cannot be read; the log says why.')
    }
  }

  async #stream(
    found: Export,
    selection: ExportSelection,
    { response, caller, coding }: { response: ServerResponse; caller: string; coding: Coding | undefined },
  ): Promise<void> {
    const beforeRead = () => this.#turns.take(caller)
    await beforeRead()
    const texts = found.texts(this.#services, { ...selection, beforeRead })
    await (coding ? pipeline(texts, coding.stream(), response) : pipeline(texts, response))
  }

  /**
   * Tags the export as it was when it began. The tag is weak, since a device that changes meanwhile may be in
   * the export already. The next request then gets another tag.
   */
  async #etag({ contentType }: Export, { supportedOnly }: ExportSelection): Promise<string> {
    const { store, gateway } = this.#services
    const facts = [gateway.version, contentType, supportedOnly, await store.devices.listVersion()]
    return entityTag(JSON.stringify(facts))
  }
}

/** Limits how many things are under way at once, for each caller and in total. */
class CountUnderWay {
  readonly #max: Readonly<Record<Bound, number>>
  readonly #callers = new Map<string, number>()
  #all = 0

  constructor(max: Readonly<Record<Bound, number>>) {
    this.#max = max
  }

  /** Counts one more until the returned function is called. If a limit is reached, returns which one. */
  add(caller: string): (() => void) | Bound {
    const own = this.#callers.get(caller) ?? 0
    if (own >= this.#max.caller) return 'caller'
    if (this.#all >= this.#max.all) return 'all'
    this.#change(caller, 1)
    return () => this.#change(caller, -1)
  }

  #change(caller: string, change: 1 | -1): void {
    this.#all += change
    const own = (this.#callers.get(caller) ?? 0) + change
    if (own > 0) this.#callers.set(caller, own)
    else this.#callers.delete(caller)
  }
}
