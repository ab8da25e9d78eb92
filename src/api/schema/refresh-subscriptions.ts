import { rowId } from '../../base/global-id.ts'
import type { ApiContext } from '../context.ts'
import { listSize } from '../limits/field-costs.ts'
import { followRefresh, followRefreshes } from '../live/follow-refresh.ts'
import { decodeCursor, type ResultBatch } from '../live/refresh-feed.ts'
import { type SharedFilter, sharedFilter } from '../live/shared-reads.ts'
import { endEarly, subscriptionEvents } from '../live/subscription-events.ts'
import { builder } from './builder.ts'
import { everyMsDescription, everyMsOf } from './every-ms.ts'
import { DeviceFilterInput } from './filter-inputs.ts'
import { Probe, Refresh } from './object-refs.ts'
import { RefreshProgress } from './refresh.ts'

const DEFAULT_EVERY_MS = 250
const REFRESH_ID = 'Of a `Refresh`; one that has ended is told at once.'

const ProbeResultBatch = builder.objectRef<ResultBatch>('ProbeResultBatch').implement({
  description: 'Results in the order in which the probes ended. `cursor` resumes after the last one.',
  fields: (t) => ({
    probes: t.field({
      type: [Probe],
      extensions: listSize(500),
      description: 'Empty in the last event where that only tells how the refresh ended.',
      resolve: (batch) => batch.probes,
    }),
    cursor: t.exposeString('cursor', { description: 'Give it as `after` to go on from here.' }),
    progress: t.field({
      type: RefreshProgress,
      description: 'How far the refresh has come with these.',
      resolve: (batch) => batch.progress,
    }),
  }),
})

builder.subscriptionFields((t) => ({
  refreshProgress: t.field({
    type: RefreshProgress,
    description:
      'At most one event per `everyMs` (default 250, at least 50), the first at once, the last when the refresh ends; then the stream completes.',
    args: {
      refreshId: t.arg.id({ required: true, description: REFRESH_ID }),
      everyMs: t.arg.int({ description: everyMsDescription(DEFAULT_EVERY_MS) }),
    },
    subscribe: (_root, args, context, info) => {
      const refreshId = rowId('Refresh', args.refreshId)
      const pace = { everyMs: everyMsOf(args.everyMs, DEFAULT_EVERY_MS), inStep: false }
      return subscriptionEvents(context.feeds.closing, info, (signal) =>
        followRefresh(context, refreshId, pace, signal),
      )
    },
    resolve: ({ progress }) => progress,
  }),
  probeResults: t.field({
    type: ProbeResultBatch,
    description:
      "Probe results, gathered for at most `everyMs` into one event, at most 500 in one. Without `after` it begins at the refresh's first result; with a cursor it goes on after it: nothing is lost or repeated over a reconnect. Completes when the refresh has ended.",
    args: {
      refreshId: t.arg.id({ required: true, description: REFRESH_ID }),
      after: t.arg.string({ description: 'The last `cursor` of this refresh that has arrived.' }),
      everyMs: t.arg.int({ description: everyMsDescription(DEFAULT_EVERY_MS) }),
      filter: t.arg({
        type: DeviceFilterInput,
        description: 'Only results of devices that it matches.',
      }),
    },
    subscribe: (_root, args, context, info) => {
      const refreshId = rowId('Refresh', args.refreshId)
      const options = {
        refreshId,
        start: args.after == null ? 0 : decodeCursor(refreshId, args.after),
        filter: sharedFilter(args.filter),
        everyMs: everyMsOf(args.everyMs, DEFAULT_EVERY_MS),
      }
      return subscriptionEvents(context.feeds.closing, info, (signal) =>
        followResults(context, options, signal),
      )
    },
    resolve: (batch) => batch,
  }),
  refreshes: t.field({
    type: Refresh,
    description: 'Every refresh as it changes state, for a page that shows what is going on.',
    subscribe: (_root, _args, context, info) =>
      subscriptionEvents(context.feeds.closing, info, (signal) => followRefreshes(context, signal)),
    resolve: ({ refresh }) => refresh,
  }),
}))

async function* followResults(
  context: ApiContext,
  options: {
    refreshId: number
    /** Sequence number of the last result that the subscriber has. */
    start: number
    filter: SharedFilter
    everyMs: number
  },
  signal: AbortSignal,
): AsyncGenerator<ResultBatch, void> {
  const { refreshId, filter, everyMs } = options
  const { feeds } = context
  let lastSeq = options.start
  for await (const seen of followRefresh(context, refreshId, { everyMs, inStep: true }, signal)) {
    let endIsUntold = seen.isLast
    let batch = await seen.resultsAfter(lastSeq, filter)
    for (;;) {
      lastSeq = batch.lastSeq
      if (batch.probes.length > 0 || endIsUntold) yield batch
      // A full piece may tell how things stood when somebody else read it.
      if (batch.progress === seen.progress) endIsUntold = false
      if (!batch.isFull) break
      if (signal.aborted) return endEarly(signal)
      await feeds.fairYield.turn()
      // Who has much to catch up with is told how things stand by now.
      const now = seen.isLast ? seen : await feeds.refreshes.of(refreshId)
      batch = await now.resultsAfter(lastSeq, filter)
    }
  }
}
