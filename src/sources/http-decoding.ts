import { pipeline, Readable } from 'node:stream'
import { createBrotliDecompress, createGunzip, createInflate } from 'node:zlib'
import { messageOf, RollcallError } from '../base/errors.ts'
import { ConnectionFailure, type HttpAnswer, type HttpRequest } from './http-exchange.ts'
import { nameOf, tooMuch } from './http-failure.ts'
import { sourceFailure } from './source.ts'

const DECODERS = new Map([
  ['gzip', createGunzip],
  ['x-gzip', createGunzip],
  ['deflate', createInflate],
  ['br', createBrotliDecompress],
])

/**
 * Returns the body of an answer without its content encoding. Rollcall asks for none, but servers that store
 * compressed files send them compressed anyway. Throws a RollcallError (SOURCE_FAILED) if the encoding is
 * unknown. /
 */
export function decodedBody(
  { url, maxBytes }: Pick<HttpRequest, 'url' | 'maxBytes'>,
  { headers, body }: HttpAnswer,
): HttpAnswer['body'] {
  const encoding = headers['content-encoding']?.trim().toLowerCase() ?? 'identity'
  if (encoding === 'identity') return body
  const createDecoder = DECODERS.get(encoding)
  if (createDecoder === undefined) {
    throw sourceFailure(
      nameOf(url),
      `answers with the content encoding ${encoding}, which was not asked for; have it send the inventory as it is.`,
    )
  }
  return decode(body, { url, maxBytes, encoding, decoder: createDecoder() })
}

/** Decodes and limits the decoded bytes: a few compressed bytes may become a thousand times as many. */
async function* decode(
  body: HttpAnswer['body'],
  given: { url: URL; maxBytes: number; encoding: string; decoder: ReturnType<typeof createGunzip> },
): AsyncGenerator<Uint8Array> {
  const { url, maxBytes, encoding, decoder } = given
  let received = 0
  try {
    // A failure ends the decoder and reaches its reader from there.
    for await (const piece of pipeline(Readable.from(body), decoder, () => undefined)) {
      received += piece.length
      if (received > maxBytes) throw tooMuch(url, maxBytes)
      yield piece
    }
  } catch (failure) {
    if (failure instanceof RollcallError || failure instanceof ConnectionFailure) throw failure
    const problem = `answers with what is not valid ${encoding} (${messageOf(failure)}); see what is wrong with it.`
    throw sourceFailure(nameOf(url), problem, { cause: failure })
  }
}
