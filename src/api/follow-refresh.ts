import { RollcallError } from '../base/errors.ts'
import { hasEnded } from '../refresh/progress.ts'
import type { RefreshRow } from '../store/refresh-store.ts'
import { Bell } from './bell.ts'
import type { ApiServices } from './context.ts'
import { endEarly } from './subscription-events.ts'

type Services = Pick<ApiServices, 'store' | 'refreshes' | 'clock'>

/** A refresh as it stands, and whether this is how it ended. */
export interface RefreshSighting {
  row: RefreshRow
  isLast: boolean
}

/**
 * How a refresh stands: at once, then whenever something of it was committed, but not more often than `everyMs`,
 * and a last time, without waiting, when it has ended or was interrupted. Listens before it looks, so that nothing
 * falls between the two. Throws NOT_FOUND for an id that there is not.
 */
export async function* followRefresh(
  { store, refreshes, clock }: Services,
  refreshId: number,
  everyMs: number,
  signal: AbortSignal,
): AsyncGenerator<RefreshSighting, void> {
  const bell = new Bell(clock)
  let changed = false
  let last: RefreshRow | undefined
  const stopListening = refreshes.events.listen((event) => {
    if (event.kind === 'results' ? event.refreshId !== refreshId : event.refresh.id !== refreshId) return
    changed = true
    if (event.kind === 'state' && endsHere(event.refresh)) last = event.refresh
    bell.ring()
  })
  const onAbort = () => bell.ring()
  signal.addEventListener('abort', onAbort)
  try {
    for (;;) {
      changed = false
      const found = last ?? (await store.refreshes.byIds([refreshId]))[0]
      if (!found) throw new RollcallError('NOT_FOUND', 'There is no refresh with this id.')
      // The end may have been announced meanwhile. What is INTERRUPTED in the store is about to be taken up again.
      const row = last ?? found
      const isLast = row === last || hasEnded(row.state)
      // The store knows of the end a moment before the run does, whose counts would be taken for the newer ones.
      yield { row: isLast ? await refreshes.ended(row) : row, isLast }
      if (isLast) return
      const notBefore = clock.now() + everyMs
      while (!changed && !signal.aborted) await bell.wait()
      while (!last && !signal.aborted && clock.now() < notBefore) await bell.wait(notBefore - clock.now())
      if (signal.aborted && !last) return endEarly(signal)
    }
  } finally {
    stopListening()
    signal.removeEventListener('abort', onAbort)
  }
}

/** Whether nothing more comes of the refresh in this process. */
function endsHere(row: RefreshRow): boolean {
  return hasEnded(row.state) || row.state === 'INTERRUPTED'
}

/** Every refresh that changes its state, as it is by then; states that pass while the consumer is busy are left out. */
export async function* followRefreshes(
  { refreshes, clock }: Omit<Services, 'store'>,
  signal: AbortSignal,
): AsyncGenerator<RefreshRow, void> {
  const bell = new Bell(clock)
  const changed = new Map<number, RefreshRow>()
  const stopListening = refreshes.events.listen((event) => {
    if (event.kind !== 'state') return
    changed.set(event.refresh.id, event.refresh)
    bell.ring()
  })
  const onAbort = () => bell.ring()
  signal.addEventListener('abort', onAbort)
  try {
    while (!signal.aborted) {
      for (const [id, row] of changed) {
        changed.delete(id)
        yield row
      }
      if (changed.size === 0 && !signal.aborted) await bell.wait()
    }
    endEarly(signal)
  } finally {
    stopListening()
    signal.removeEventListener('abort', onAbort)
  }
}
