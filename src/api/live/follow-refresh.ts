import type { RefreshEvent } from '../../refresh/events.ts'
import { hasEnded } from '../../refresh/progress.ts'
import type { RefreshRow } from '../../store/refresh-store.ts'
import type { FeedServices } from './feed-services.ts'
import type { Feeds } from './feeds.ts'
import type { RefreshFeedSnapshot } from './refresh-feed.ts'
import { endEarly } from './subscription-events.ts'
import { UpdatePacer } from './update-pacer.ts'

type Context = Pick<FeedServices, 'refreshes' | 'clock'> & { feeds: Feeds }

/** The event that a refresh changed its state: one object for all listeners. */
export type StateEvent = Extract<RefreshEvent, { kind: 'state' }>

/**
 * Yields snapshots of a refresh: at once, then after each commit but at most every `everyMs`, and a last one
 * without delay when it ended or was interrupted. It listens before the first look, so that it misses
 * nothing. Throws NOT_FOUND if there is no refresh with the id.
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
      // The end may have been announced meanwhile. An INTERRUPTED refresh in the store is about to be
      // resumed.
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

/** Whether this process does nothing more for the refresh. */
function endsHere(row: RefreshRow): boolean {
  return hasEnded(row.state) || row.state === 'INTERRUPTED'
}

/**
 * Yields each refresh that changes its state, as it is at that time. Skips states that pass while the
 * consumer is busy.
 */
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
