import { createHmac } from 'node:crypto'
import { STATUS_CODES } from 'node:http'
import type { Clock } from '../../base/clock.ts'
import { formatDuration } from '../../base/durations.ts'
import { VERSION } from '../../base/version.ts'
import type { Receiver } from '../../config/notify-schema.ts'
import { ConnectionFailure, exchange } from '../../sources/http/http-exchange.ts'
import { createAgent } from '../../sources/http/http-session.ts'

/** How long a receiver may take to answer. */
const TIMEOUT_MS = 10_000

/** How one request ended: `problem` is a predicate about the receiver, and null if it took the webhook. */
export interface Delivery {
  problem: string | null
  /** Whether another try may succeed. */
  again: boolean
}

/**
 * Sends a webhook once, signed as Standard Webhooks 1.0.0 says (section "Signature scheme"): HMAC-SHA256 over
 * the id, the time of this request in seconds, and the body. Only a status from 200 to 299 counts as taken.
 * Redirects are not followed, and the answer is not read beyond its headers. Rejects only with the reason of
 * `signal`.
 */
export async function deliver(
  { id, body }: { id: string; body: string },
  { url: given, secret, ca }: Pick<Receiver, 'url' | 'secret' | 'ca'>,
  { clock, signal }: { clock: Clock; signal: AbortSignal },
): Promise<Delivery> {
  signal.throwIfAborted()
  const url = new URL(given)
  const timestamp = String(Math.floor(clock.now() / 1_000))
  const headers = {
    'content-type': 'application/json',
    'content-length': String(Buffer.byteLength(body)),
    'user-agent': `rollcall/${VERSION}`,
    'webhook-id': id,
    'webhook-timestamp': timestamp,
    'webhook-signature': `v1,${signatureOf(`${id}.${timestamp}.${body}`, secret)}`,
  }
  const agent = createAgent(url, { ca, tlsServerName: null })
  try {
    const request = { method: 'POST', url, headers, body, maxBytes: 0 } as const
    const wire = { agent, timeoutMs: TIMEOUT_MS, clock, signal }
    return judge(await exchange(request, wire, async ({ status }) => status))
  } catch (failure) {
    if (!(failure instanceof ConnectionFailure)) throw failure
    const problem =
      failure.code === 'SILENT'
        ? `did not answer within ${formatDuration(TIMEOUT_MS)}`
        : `cannot be reached (${failure.code}: ${failure.message})`
    return { problem, again: true }
  } finally {
    agent.destroy()
  }
}

function judge(status: number): Delivery {
  if (status >= 200 && status < 300) return { problem: null, again: false }
  const problem = `answered HTTP ${status} ${STATUS_CODES[status] ?? ''}`.trimEnd()
  // 410 says that the receiver is gone for good.
  return { problem, again: status !== 410 }
}

function signatureOf(content: string, secret: string): string {
  const key = Buffer.from(secret.replace(/^whsec_/, ''), 'base64')
  return createHmac('sha256', key).update(content).digest('base64')
}
