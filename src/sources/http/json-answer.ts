import { isObject } from '../../inventory/parsed-values.ts'
import { jsonProblem, parseJson } from '../formats/json-format.ts'
import { decodeTexts, wholeText } from '../formats/texts.ts'
import { sourceFailure } from '../source.ts'
import type { HttpAnswer, HttpRequest } from './http-exchange.ts'
import { nameOf } from './http-failure.ts'
import type { HttpSession } from './http-session.ts'

/** The limit for one page of a list. NetBox's largest by default has 1,000 objects of about 4 KB. */
export const MAX_PAGE_BYTES = 64 * 1024 * 1024

/**
 * Sends a request and reads its answer as a JSON object. Rejects with a RollcallError (SOURCE_FAILED) if it
 * is none.
 */
export function requestJson(session: HttpSession, request: HttpRequest): Promise<Record<string, unknown>> {
  const subject = nameOf(request.url)
  return session.request(request, async ({ body }: HttpAnswer) => {
    const text = await wholeText(decodeTexts(body, subject), { subject, maxDocumentBytes: request.maxBytes })
    const parsed = parseJson(text)
    if ('error' in parsed) {
      // A login page, a proxy or a maintenance page may answer instead of the API, often with status 200.
      const isPage = /^\s*</.test(text)
      const problem = isPage
        ? 'answers with a web page in place of JSON, such as a login or an error page; ' +
          'correct the source\'s "url", or see what answers there.'
        : `answers with what ${jsonProblem(parsed.error)}`
      throw sourceFailure(subject, problem)
    }
    if (!isObject(parsed.value)) {
      throw sourceFailure(subject, 'answers with JSON that is no object; correct the source\'s "url".')
    }
    return parsed.value
  })
}
