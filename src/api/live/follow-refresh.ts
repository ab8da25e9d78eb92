import type { RefreshEvent } from '../../refresh/events.ts'
import { hasEnded } from '../../refresh/progress.ts'
import type { RefreshRow } from '../../store/refresh-store.ts'
import type { FeedServices } from './feed-services.ts'
import type { Feeds } from './feeds.ts'
import { Pace } from './pace.ts'
import type { RefreshSighting } from './refresh-sightings.ts'
import { endEarly } from './subscription-events.ts'

type Context = Pick<FeedServices, 'refreshes' | 'clock'> & { feeds: Feeds }

/** That a refresh has changed its state: the same object for all who hear of it. */
export type StateEvent = Extract<RefreshEvent, { kind: 'state' }>

/**
 * How a refresh stands: at once, then whenever something of it was committed, but not more often than its pace
 * allows, and a last time, without waiting, when it has ended or was interrupted. Listens before it looks, so that
 * nothing falls between the two. Throws NOT_FOUND for an id that there is not.
 */
export async function* followRefresh(
  { refreshes, clock, feeds }: Context,
  refreshId: number,
  { everyMs, inStep }: { everyMs: number; inStep: boolean },
  signal: AbortSignal,
): AsyncGenerator<RefreshSighting, void> {
  const pace = new Pace({ clock, turnstile: feeds.turnstile, everyMs, inStep, signal })
  let last: RefreshRow | undefined
  const stopListening = refreshes.events.listen((event) => {
    if (event.kind === 'results' && event.refreshId === refreshId) pace.change()
    if (event.kind !== 'state' || event.refresh.id !== refreshId) return
    if (!endsHere(event.refresh)) return pace.change()
    last = event.refresh
    pace.hurry()
  })
  const look = () => (last ? feeds.refreshes.last(last) : feeds.refreshes.of(refreshId))
  try {
    for (;;) {
      let sighting = await look()
      // The end may have been announced meanwhile. What is INTERRUPTED in the store is about to be taken up again.
      if (last && !sighting.isLast) sighting = await look()
      yield sighting
      if (sighting.isLast) return
      await pace.next()
      if (signal.aborted && !last) return endEarly(signal)
    }
  } finally {
    stopListening()
    pace.stop()
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
  const pace = new Pace({ clock, turnstile: feeds.turnstile, everyMs: 0, inStep: false, signal })
  const changed = new Map<number, StateEvent>()
  const stopListening = refreshes.events.listen((event) => {
    if (event.kind !== 'state') return
    changed.set(event.refresh.id, event)
    pace.change()
  })
  try {
    while (!signal.aborted) {
      for (const [id, event] of changed) {
        changed.delete(id)
        yield event
      }
      if (changed.size === 0) await pace.next()
    }
    endEarly(signal)
  } finally {
    stopListening()
    pace.stop()
  }
}
