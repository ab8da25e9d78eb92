import type { RefreshEvent } from '../../refresh/events.ts'
import { hasEnded } from '../../refresh/progress.ts'
import type { RefreshRow } from '../../store/refresh-store.ts'
import type { FeedServices } from './feed-services.ts'
import type { Feeds } from './feeds.ts'
import type { RefreshFeedSnapshot } from './refresh-feed.ts'
import { endEarly } from './subscription-events.ts'
import { UpdatePacer } from './update-pacer.ts'

type Context = Pick<FeedServices, 'refreshes' | 'clock'> & { feeds: Feeds }

/** That a refresh has changed its state: the same object for all who hear of it. */
export type StateEvent = Extract<RefreshEvent, { kind: 'state' }>

/**
 * How a refresh stands: at once, then whenever something of it was committed, but not more often than `everyMs`
 * allows, and a last time, without waiting, when it has ended or was interrupted. Listens before it looks, so that
 * nothing falls between the two. Throws NOT_FOUND for an id that there is not.
 */
export async function* followRefresh(
  { refreshes, clock, feeds }: Context,
  refreshId: number,
  { everyMs, inStep }: { everyMs: number; inStep: boolean },
  signal: AbortSignal,
): AsyncGenerator<RefreshFeedSnapshot, void> {
  const pacer = new UpdatePacer({ clock, fairYield: feeds.fairYield, everyMs, inStep, signal })
  let last: RefreshRow | undefined
  const stopListening = refreshes.events.listen((event) => {
    if (event.kind === 'results' && event.refreshId === refreshId) pacer.change()
    if (event.kind !== 'state' || event.refresh.id !== refreshId) return
    if (!endsHere(event.refresh)) return pacer.change()
    last = event.refresh
    pacer.hurry()
  })
  const look = () => (last ? feeds.refreshes.last(last) : feeds.refreshes.of(refreshId))
  try {
    for (;;) {
      let snapshot = await look()
      // The end may have been announced meanwhile. What is INTERRUPTED in the store is about to be taken up again.
      if (last && !snapshot.isLast) snapshot = await look()
      yield snapshot
      if (snapshot.isLast) return
      await pacer.next()
      if (signal.aborted && !last) return endEarly(signal)
    }
  } finally {
    stopListening()
    pacer.stop()
  }
}

/** Whether nothing more comes of the refresh in this process. */
function endsHere(row: RefreshRow): boolean {
  return hasEnded(row.state) || row.state === 'INTERRUPTED'
}

/** Every refresh that changes its state, as it is by then; states that pass while the consumer is busy are left out. */
export async function* followRefreshes(
  { refreshes, clock, feeds }: Context,
  signal: AbortSignal,
): AsyncGenerator<StateEvent, void> {
  const pacer = new UpdatePacer({ clock, fairYield: feeds.fairYield, everyMs: 0, inStep: false, signal })
  const changed = new Map<number, StateEvent>()
  const stopListening = refreshes.events.listen((event) => {
    if (event.kind !== 'state') return
    changed.set(event.refresh.id, event)
    pacer.change()
  })
  try {
    while (!signal.aborted) {
      for (const [id, event] of changed) {
        changed.delete(id)
        yield event
      }
      if (changed.size === 0) await pacer.next()
    }
    endEarly(signal)
  } finally {
    stopListening()
    pacer.stop()
  }
}
