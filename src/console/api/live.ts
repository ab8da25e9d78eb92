import { createSignal, onCleanup } from 'solid-js'
import { client, codeOf, messageOf } from './client.ts'
import type { TypedDocumentString } from './generated.ts'

const FIRST_WAIT_MS = 500
const LONGEST_WAIT_MS = 5_000

/**
 * How long a page that nobody sees goes on. A browser has six connections for all pages of a gateway, and
 * each subscription takes one; with more, pages wait for each other.
 */
const HIDDEN_MS = 5_000

export type LineState =
  | { state: 'connecting' | 'live' | 'paused' | 'ended' }
  | { state: 'cut'; why: string; since: number }

/** The number of subscriptions that are disconnected at present, for the status line. */
const [cutLines, setCutLines] = createSignal(0)

export { cutLines }

/**
 * Follows a subscription until the component is gone or the gateway ends it. When the connection is cut, it
 * subscribes again, after 0.5 s at first and at most 5 s. It calls `variables` each time, so it can continue
 * from a cursor.
 *
 * While nobody sees the page it pauses, and catches up when somebody does.
 *
 * States: connecting → live → ended, or → cut → connecting; any → paused → connecting.
 */
export function follow<Data, Variables extends object>(
  operation: TypedDocumentString<Data, Variables>,
  variables: () => Variables,
  onData: (data: Data) => void,
  {
    onEnd = () => {},
    onBack = () => {},
    isOver: isOverBy = () => true,
  }: {
    onEnd?: () => void
    /** Called when the connection is there again after a cut or a pause. */
    onBack?: () => void
    /** Whether the end of the stream is the end of what is followed. If not, it is a cut. Default: always. */
    isOver?: () => boolean
  } = {},
): () => LineState {
  const [line, setLine] = createSignal<LineState>({ state: 'connecting' })
  let wait = FIRST_WAIT_MS
  let timer: ReturnType<typeof setTimeout> | undefined
  let unsubscribe = () => {}
  let hiding: ReturnType<typeof setTimeout> | undefined
  let isOver = false
  /** Whether something may have been missed. */
  let isBehind = false
  const become = (next: LineState) => {
    const wasCut = line().state === 'cut'
    if (wasCut !== (next.state === 'cut')) setCutLines((count) => count + (wasCut ? -1 : 1))
    isBehind ||= next.state === 'cut' || next.state === 'paused'
    setLine(next)
    if (!isBehind || next.state !== 'live') return
    isBehind = false
    onBack()
  }
  const again = (why: string) => {
    if (isOver || timer !== undefined || line().state === 'paused') return
    const now = line()
    become({ state: 'cut', why, since: now.state === 'cut' ? now.since : Date.now() })
    timer = setTimeout(start, wait)
    wait = Math.min(wait * 2, LONGEST_WAIT_MS)
  }
  function pause() {
    clearTimeout(timer)
    timer = undefined
    unsubscribe()
    become({ state: 'paused' })
  }
  const onVisibility = () => {
    clearTimeout(hiding)
    if (isOver) return
    if (document.hidden) hiding = setTimeout(pause, HIDDEN_MS)
    else if (line().state === 'paused') {
      become({ state: 'connecting' })
      start()
    }
  }
  document.addEventListener('visibilitychange', onVisibility)
  function start() {
    timer = undefined
    let isCut = false
    // Events may be a long time in coming; the answer begins at once.
    const fetchAndTell: typeof fetch = async (...request) => {
      const response = await fetch(...request)
      if (response.ok && !isOver && line().state !== 'paused') {
        wait = FIRST_WAIT_MS
        become({ state: 'live' })
      }
      return response
    }
    const subscription = client
      .subscription<Data>(operation.toString(), variables(), { fetch: fetchAndTell })
      .subscribe(({ data, error, hasNext }) => {
        if (isOver) return
        if (error) {
          isCut = true
          // An invalid request would fail again.
          if (codeOf(error) === 'BAD_USER_INPUT' || codeOf(error) === 'NOT_FOUND') end()
          else again(messageOf(error))
          return
        }
        if (data) onData(data)
        if (hasNext !== false || isCut) return
        if (isOverBy()) end()
        else again('The gateway ended the stream.')
      })
    unsubscribe = () => subscription.unsubscribe()
  }
  function end() {
    isOver = true
    become({ state: 'ended' })
    onEnd()
  }
  onCleanup(() => {
    isOver = true
    clearTimeout(timer)
    clearTimeout(hiding)
    document.removeEventListener('visibilitychange', onVisibility)
    if (line().state === 'cut') setCutLines((count) => count - 1)
    unsubscribe()
  })
  if (document.hidden) pause()
  else start()
  return line
}
