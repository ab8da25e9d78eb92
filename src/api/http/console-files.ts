import { readdir, readFile } from 'node:fs/promises'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { extname, join, sep } from 'node:path'
import { codingFor, compress } from './compression.ts'
import { entityTag, isKnownToClient } from './http-caching.ts'

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.json': 'application/json; charset=utf-8',
  '.svg': 'image/svg+xml',
}

/** Allows only the console's own files and this gateway. */
const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self'",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ')

const PAGE = 'index.html'
const OPERATIONS = 'operations.json'

interface ConsoleFile {
  type: string
  etag: string
  content: Buffer<ArrayBuffer>
}

/** The built console in memory: one page for all addresses, and assets whose names contain a hash. */
export class ConsoleFiles {
  readonly #files: ReadonlyMap<string, ConsoleFile>
  /** The texts of its operations, as it sends them. */
  readonly operations: readonly string[]

  private constructor(files: ReadonlyMap<string, ConsoleFile>) {
    this.#files = files
    const operations = files.get(OPERATIONS)
    this.operations = operations ? JSON.parse(operations.content.toString()) : []
  }

  /** Reads the files of a build. Resolves with null if the console is not built: the folder has no page. */
  static async load(folder: string): Promise<ConsoleFiles | null> {
    const names = await readdir(folder, { recursive: true }).catch((): string[] => [])
    if (!names.includes(PAGE)) return null
    const files = new Map<string, ConsoleFile>()
    for (const name of names) {
      const type = TYPES[extname(name)]
      if (type === undefined) continue
      const content = await readFile(join(folder, name))
      files.set(name.replaceAll(sep, '/'), { type, etag: entityTag(content), content })
    }
    return new ConsoleFiles(files)
  }

  /** Whether an asset of the console is at the path. */
  has(path: string): boolean {
    return path.startsWith('/assets/') && this.#files.has(path.slice(1))
  }

  /** Answers with the asset at the path, or with the page if there is none. */
  async answer(path: string, request: IncomingMessage, response: ServerResponse): Promise<void> {
    const isAsset = this.has(path)
    const file = this.#files.get(isAsset ? path.slice(1) : PAGE)
    if (!file) throw new Error('the console was loaded without its page')
    const headers = {
      etag: file.etag,
      vary: 'Accept, Accept-Encoding, Origin',
      'cache-control': isAsset ? 'public, max-age=31536000, immutable' : 'no-cache',
    }
    if (isKnownToClient(file.etag, request.headers)) {
      response.writeHead(304, headers).end()
      return
    }
    const coding = codingFor(request.headers)
    const content = coding ? await compress(file.content, coding) : file.content
    response.writeHead(200, {
      ...headers,
      ...(coding && { 'content-encoding': coding.name }),
      'content-type': file.type,
      'content-length': content.length,
      'content-security-policy': POLICY,
      'x-frame-options': 'DENY',
      'referrer-policy': 'no-referrer',
    })
    response.end(content)
  }
}
