import { extname } from 'node:path'
import type { Clock } from '../base/clock.ts'
import type { HttpSourceConfig } from '../config/schema.ts'
import type { CommonRules, RecordRules } from '../inventory/check-record.ts'
import type { Inventory } from '../inventory/record.ts'
import { EXTENSIONS, type InventoryFormat } from './formats/inventory-format.ts'
import { readInventory } from './formats/read-inventory.ts'
import type { HttpAnswer, HttpRequest } from './http/http-exchange.ts'
import { nameOf } from './http/http-failure.ts'
import { basicLogin, bearerLogin, type HttpLogin, withHttpSession } from './http/http-session.ts'
import { type InventorySource, sourceFailure } from './source.ts'

const MEBIBYTE = 1024 * 1024

/** The limit for NDJSON and CSV, which are not held in memory as a whole: about ten million records. */
const MAX_STREAM_BYTES = 2_048 * MEBIBYTE
/** The limit for JSON, which takes several times as much memory when it is parsed. */
const MAX_DOCUMENT_BYTES = 128 * MEBIBYTE
/** A larger inventory is not kept in memory from one fetch to the next. */
const MAX_KEPT_RECORDS = 100_000

const MEDIA_TYPES: Readonly<Record<string, InventoryFormat>> = {
  'application/json': 'json',
  'text/json': 'json',
  'application/ndjson': 'ndjson',
  'application/x-ndjson': 'ndjson',
  'application/jsonl': 'ndjson',
  'application/x-jsonlines': 'ndjson',
  'text/csv': 'csv',
  'application/csv': 'csv',
  'text/tab-separated-values': 'csv',
}

/**
 * An inventory in one answer of a web server. If the server says that it is unchanged, it is not sent again.
 */
export class HttpSource implements InventorySource {
  readonly name: string
  readonly #config: HttpSourceConfig
  readonly #clock: Clock
  readonly #rules: RecordRules
  #kept: { etag: string; inventory: Inventory } | null = null

  constructor(config: HttpSourceConfig, { clock, ...rules }: CommonRules & { clock: Clock }) {
    this.name = config.name
    this.#config = config
    this.#clock = clock
    this.#rules = { ...rules, fields: config.fields }
  }

  fetch(signal: AbortSignal): Promise<Inventory> {
    const { login, ca, tlsServerName, timeoutMs, totalTimeoutMs } = this.#config
    const url = new URL(this.#config.url)
    const options = {
      url,
      login: login && loginOf(login),
      ca,
      tlsServerName,
      timeoutMs,
      totalTimeoutMs,
      clock: this.#clock,
    }
    const kept = this.#kept
    const request: HttpRequest = {
      method: 'GET',
      url,
      headers: {
        accept: 'application/json, application/x-ndjson, text/csv',
        ...(kept !== null && { 'if-none-match': kept.etag }),
      },
      maxBytes: MAX_STREAM_BYTES,
    }
    return withHttpSession(options, signal, (session) =>
      session.request(request, async (answer) => {
        if (answer.status === 304 && kept !== null) return copyOf(kept.inventory)
        const inventory = await this.#read(url, answer, signal)
        const { etag } = answer.headers
        const isKept = etag !== undefined && inventory.records.length <= MAX_KEPT_RECORDS
        this.#kept = isKept ? { etag, inventory: copyOf(inventory) } : null
        return inventory
      }),
    )
  }

  #read(url: URL, { headers, body }: HttpAnswer, signal: AbortSignal): Promise<Inventory> {
    const subject = nameOf(url)
    const format = this.#config.format ?? formatOf(url, headers['content-type'])
    // Without a length or chunks, the text ends with the connection, and half of it may look complete, except
    // in JSON.
    const isChunked = /(?:^|,)\s*chunked\s*$/i.test(headers['transfer-encoding'] ?? '')
    if (format !== 'json' && !isChunked && headers['content-length'] === undefined) {
      throw sourceFailure(subject, 'does not tell how long its answer is; have it send Content-Length.')
    }
    return readInventory(format, body, {
      rules: this.#rules,
      subject,
      maxDocumentBytes: MAX_DOCUMENT_BYTES,
      delimiter: this.#config.delimiter,
      signal,
    })
  }
}

function loginOf(login: NonNullable<HttpSourceConfig['login']>): HttpLogin {
  return 'token' in login ? bearerLogin(login.token) : basicLogin(login.username, login.password)
}

/** Returns the format by the content type or, if that is unspecific, by the extension of the URL. */
function formatOf(url: URL, contentType = ''): InventoryFormat {
  const mediaType = contentType.split(';', 1)[0]?.trim().toLowerCase() ?? ''
  const format = MEDIA_TYPES[mediaType] ?? (mediaType.endsWith('+json') ? 'json' : undefined)
  if (format !== undefined) return format
  const isAnything = ['', 'text/plain', 'application/octet-stream'].includes(mediaType)
  const byExtension = EXTENSIONS[extname(url.pathname).toLowerCase()]
  if (isAnything && byExtension !== undefined) return byExtension
  throw sourceFailure(
    nameOf(url),
    `answers with ${mediaType === '' ? 'an unnamed content type' : mediaType}, which is not known; ` +
      'correct the source\'s "url", or say "format: json", "ndjson" or "csv" there.',
  )
}

/** Copies an inventory, so that the kept one does not change if the caller changes its own. */
function copyOf(inventory: Inventory): Inventory {
  return { ...inventory, records: [...inventory.records], rejected: [...inventory.rejected] }
}
