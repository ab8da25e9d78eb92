import { type GraphQLResolveInfo, locatedError } from 'graphql'
import { RollcallError } from '../../base/errors.ts'
import { onAbort } from '../../base/on-abort.ts'
import { withCleanUp } from '../../base/with-clean-up.ts'
import type { RefreshEvent } from '../../refresh/events.ts'
import type { Summary } from '../../store/device-store.ts'
import type { RefreshRow } from '../../store/refresh-store.ts'
import type { DeviceBatch } from './device-feed.ts'
import type { Feeds } from './feeds.ts'
import type { RefreshFeedSnapshot, ResultBatch } from './refresh-feed.ts'
import type { FeedServices, SharedFilter } from './shared-reads.ts'
import { UpdatePacer } from './update-pacer.ts'

/**
 * Returns the events of a subscription. They end as soon as the consumer ends, also while the generator
 * waits, because `return()` aborts the signal that it waits with. (A plain async generator queues `return()`
 * behind the pending `next()`, so it would wait for a client that is gone.) The signal also aborts with
 * `closing`, and with its reason. The client gets what the generator throws as an error of the operation.
 */
export function subscriptionEvents<T>(
  closing: AbortSignal,
  { operation }: Pick<GraphQLResolveInfo, 'operation'>,
  generate: (signal: AbortSignal) => AsyncGenerator<T, void>,
): AsyncGenerator<T, void> {
  const over = new AbortController()
  const generator = generate(over.signal)
  const onClosing = () => over.abort(closing.reason)
  let stopWaiting: (() => void) | undefined
  return withCleanUp(generator, {
    async next() {
      // Not earlier, since nothing ends a subscription that never begins. `AbortSignal.any` would be slow.
      if (closing.aborted) onClosing()
      else stopWaiting ??= onAbort(closing, onClosing)
      try {
        return await generator.next()
      } catch (failure) {
        throw locatedError(failure, [operation])
      }
    },
    cleanUp() {
      stopWaiting?.()
      over.abort()
    },
  })
}

/**
 * Ends a generator of events whose signal aborted early. Throws the reason if the server closes, so that a
 * client can tell that from the end of what it follows.
 */
function endEarly({ reason }: AbortSignal): void {
  if (reason instanceof RollcallError) throw reason
}

type Context = Pick<FeedServices, 'refreshes' | 'clock'> & { feeds: Feeds }

/** The event that a refresh changed its state: one object for all listeners. */
type StateEvent = Extract<RefreshEvent, { kind: 'state' }>

/**
 * Yields snapshots of a refresh: at once, then after each commit but at most every `everyMs`, and a last one
 * without delay when it ended or was interrupted. It listens before the first look, so that it misses
 * nothing. Throws NOT_FOUND if there is no refresh with the id.
 */
export async function* followRefresh(
  { refreshes, clock, feeds }: Context,
  refreshId: number,
  { everyMs, isAligned }: { everyMs: number; isAligned: boolean },
  signal: AbortSignal,
): AsyncGenerator<RefreshFeedSnapshot, void> {
  const pacer = new UpdatePacer({ clock, fairYield: feeds.fairYield, everyMs, isAligned, signal })
  let last: RefreshRow | undefined
  const stopListening = refreshes.events.listen((event) => {
    if (event.kind === 'results' && event.refreshId === refreshId) pacer.change()
    if (event.kind !== 'state' || event.refresh.id !== refreshId) return
    if (!event.isLast) return pacer.change()
    last = event.refresh
    pacer.urgentChange()
  })
  const look = () => (last ? feeds.refreshes.final(last) : feeds.refreshes.current(refreshId))
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

/**
 * Yields each refresh that changes its state, as it is at that time. Skips states that pass while the
 * consumer is busy.
 */
export async function* followRefreshes(
  { refreshes, clock, feeds }: Context,
  signal: AbortSignal,
): AsyncGenerator<StateEvent, void> {
  const pacer = new UpdatePacer({ clock, fairYield: feeds.fairYield, everyMs: 0, isAligned: false, signal })
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

/** Yields the results of a refresh in batches, from the first one that the subscriber does not have. */
export async function* followResults(
  context: Context,
  options: {
    refreshId: number
    /** The sequence number of the last result that the subscriber has. */
    start: number
    filter: SharedFilter
    everyMs: number
  },
  signal: AbortSignal,
): AsyncGenerator<ResultBatch, void> {
  const { refreshId, filter, everyMs } = options
  const { feeds } = context
  let lastSeq = options.start
  for await (const seen of followRefresh(context, refreshId, { everyMs, isAligned: true }, signal)) {
    let endIsUnsent = seen.isLast
    let batch = await seen.resultsAfter(lastSeq, filter)
    for (;;) {
      lastSeq = batch.lastSeq
      if (batch.probes.length > 0 || endIsUnsent) yield batch
      // A full batch may be shared, with the progress at the time at which another subscriber read it.
      if (batch.progress === seen.progress) endIsUnsent = false
      if (!batch.isFull) break
      if (signal.aborted) return endEarly(signal)
      await feeds.fairYield.turn()
      // A subscriber with much to catch up on gets the present progress.
      const now = seen.isLast ? seen : await feeds.refreshes.current(refreshId)
      batch = await now.resultsAfter(lastSeq, filter)
    }
  }
}

/** Yields the counts over the devices that match, at once and then when they have changed. */
export async function* followSummary(
  { store, refreshes, clock, feeds }: Context & Pick<FeedServices, 'store'>,
  { now, text }: SharedFilter,
  everyMs: number,
  signal: AbortSignal,
): AsyncGenerator<Summary, void> {
  const pacer = new UpdatePacer({ clock, fairYield: feeds.fairYield, everyMs, isAligned: true, signal })
  const stopListening = refreshes.events.listen((event) => {
    if (event.kind === 'devices') pacer.change()
  })
  try {
    let sent: string | undefined
    for (;;) {
      const summary = await feeds.summaries.get(text, () => store.devices.summary(now()))
      const content = JSON.stringify(summary)
      if (content !== sent) yield summary
      sent = content
      await pacer.next()
      if (signal.aborted) return endEarly(signal)
    }
  } finally {
    stopListening()
    pacer.stop()
  }
}

/**
 * Follows changes from now on. If a device changes again while its consumer is busy, the consumer gets it
 * once.
 */
export async function* followDevices(
  { refreshes, clock, feeds }: Context,
  filter: SharedFilter,
  everyMs: number,
  signal: AbortSignal,
): AsyncGenerator<DeviceBatch, void> {
  const pacer = new UpdatePacer({ clock, fairYield: feeds.fairYield, everyMs, isAligned: true, signal })
  let sentUpTo = feeds.devices.head
  const stopListening = refreshes.events.listen((event) => {
    if (event.kind === 'devices') pacer.change()
  })
  try {
    for (;;) {
      await pacer.next()
      const goal = feeds.devices.head
      while (!signal.aborted && sentUpTo < goal) {
        const batch = await feeds.devices.changesAfter(sentUpTo, filter)
        sentUpTo = batch.upTo
        if (batch.devices.length > 0) yield batch
        if (sentUpTo < goal) await feeds.fairYield.turn()
      }
      if (signal.aborted) return endEarly(signal)
    }
  } finally {
    stopListening()
    pacer.stop()
  }
}
