import { type Accessor, createEffect, createSignal, on, onCleanup } from 'solid-js'
import { ask, codeOf, messageOf } from './client.ts'
import type { TypedDocumentString } from './generated.ts'

const RETRY_MS = 5_000

export interface Answer<Data> {
  /** The last good answer. It stays while a newer one is loading, and if that one fails. */
  data: Accessor<Data | undefined>
  /** The reason why the last request failed; null if it succeeded. */
  error: Accessor<string | null>
  /** The `extensions.code` of that failure; undefined if there is none, or the gateway did not answer. */
  code: Accessor<string | undefined>
  /** The time at which `data` arrived, in epoch milliseconds. */
  at: Accessor<number>
  isLoading: Accessor<boolean>
  /** Repeats the request. */
  again: () => void
  /** Replaces the data by the result of a mutation or a subscription. */
  change: (how: (data: Data) => Data) => void
}

/**
 * Runs a query, again whenever its variables change, and every 5 s while the gateway does not answer.
 * `variables` may return null to ask nothing yet.
 */
export function createAnswer<Data, Variables extends object>(
  document: TypedDocumentString<Data, Variables>,
  variables: () => Variables | null,
): Answer<Data> {
  const [data, setData] = createSignal<Data>()
  const [error, setError] = createSignal<string | null>(null)
  const [code, setCode] = createSignal<string>()
  const [at, setAt] = createSignal(0)
  const [isLoading, setIsLoading] = createSignal(true)
  let turn = 0
  let timer: ReturnType<typeof setTimeout> | undefined
  const run = async (given: Variables) => {
    turn += 1
    const mine = turn
    clearTimeout(timer)
    setIsLoading(true)
    try {
      const answer = await ask(document, given)
      // Answers may arrive out of order; only that to the newest request counts.
      if (mine !== turn) return
      setData(() => answer)
      setAt(Date.now())
      setError(null)
      setCode(undefined)
    } catch (failure) {
      if (mine !== turn) return
      setError(messageOf(failure))
      setCode(codeOf(failure))
      if (codeOf(failure) === undefined) {
        timer = setTimeout(() => void run(given), RETRY_MS)
      }
    } finally {
      if (mine === turn) setIsLoading(false)
    }
  }
  createEffect(
    on(variables, (given) => {
      if (given) void run(given)
    }),
  )
  onCleanup(() => {
    turn += 1
    clearTimeout(timer)
  })
  return {
    data,
    error,
    code,
    at,
    isLoading,
    again: () => {
      const given = variables()
      if (given) void run(given)
    },
    change: (how) => setData((current) => (current === undefined ? current : how(current))),
  }
}
