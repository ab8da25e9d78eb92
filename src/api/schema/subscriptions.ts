import { rowId } from '../../base/global-id.ts'
import { checkFilterSize } from '../../store/query/filters.ts'
import type { ApiContext } from '../context.ts'
import { listSize } from '../limits/field-costs.ts'
import type { DeviceBatch } from '../live/device-feed.ts'
import { followRefresh, followRefreshes } from '../live/follow-refresh.ts'
import { decodeCursor, type ResultBatch } from '../live/refresh-feed.ts'
import { type SharedFilter, sharedFilter } from '../live/shared-reads.ts'
import { endEarly, subscriptionEvents } from '../live/subscription-events.ts'
import { UpdatePacer } from '../live/update-pacer.ts'
import { builder } from './builder.ts'
import { DeviceFilterInput } from './filter-inputs.ts'
import { Device, Probe, Refresh } from './object-refs.ts'
import { RefreshProgress } from './refresh.ts'

const MIN_EVERY_MS = 50
const MAX_EVERY_MS = 60_000
/** The defaults. */
const RESULTS_EVERY_MS = 250
const DEVICES_EVERY_MS = 1_000
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
      everyMs: t.arg.int({ description: everyMsDescription(RESULTS_EVERY_MS) }),
    },
    subscribe: (_root, args, context, info) => {
      const refreshId = rowId('Refresh', args.refreshId)
      const pace = { everyMs: everyMsOf(args.everyMs, RESULTS_EVERY_MS), inStep: false }
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
      everyMs: t.arg.int({ description: everyMsDescription(RESULTS_EVERY_MS) }),
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
        everyMs: everyMsOf(args.everyMs, RESULTS_EVERY_MS),
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
  deviceChanges: t.field({
    type: [Device],
    extensions: listSize(500),
    description:
      'Devices whose record or last probe changed, gathered for at most `everyMs` (default 1000), at most 500 in one event. Without a filter also those that were decommissioned.',
    args: {
      filter: t.arg({ type: DeviceFilterInput, description: 'Only the devices that it matches now.' }),
      everyMs: t.arg.int({ description: everyMsDescription(DEVICES_EVERY_MS) }),
    },
    subscribe: (_root, { filter, everyMs }, context, info) => {
      if (filter) checkFilterSize(filter)
      const updateMs = everyMsOf(everyMs, DEVICES_EVERY_MS)
      return subscriptionEvents(context.feeds.closing, info, (signal) =>
        followDevices(context, sharedFilter(filter), updateMs, signal),
      )
    },
    resolve: ({ devices }: DeviceBatch) => devices,
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

/** Changes from now on. A device that changes again while its consumer is busy is told once. */
async function* followDevices(
  { refreshes, clock, feeds }: Pick<ApiContext, 'refreshes' | 'clock' | 'feeds'>,
  filter: SharedFilter,
  everyMs: number,
  signal: AbortSignal,
): AsyncGenerator<DeviceBatch, void> {
  const pacer = new UpdatePacer({ clock, fairYield: feeds.fairYield, everyMs, inStep: true, signal })
  let told = feeds.devices.head
  const stopListening = refreshes.events.listen((event) => {
    if (event.kind === 'devices') pacer.change()
  })
  try {
    for (;;) {
      await pacer.next()
      const goal = feeds.devices.head
      while (!signal.aborted && told < goal) {
        const batch = await feeds.devices.changesAfter(told, filter)
        told = batch.upTo
        if (batch.devices.length > 0) yield batch
        if (told < goal) await feeds.fairYield.turn()
      }
      if (signal.aborted) return endEarly(signal)
    }
  } finally {
    stopListening()
    pacer.stop()
  }
}

/** Of the argument, for the schema. */
function everyMsDescription(fallback: number): string {
  return `Milliseconds from one event to the next, ${MIN_EVERY_MS} to ${MAX_EVERY_MS}; beyond that the nearest of these. Default: ${fallback}.`
}

/** The pace that a subscriber asks for, within what is allowed. */
function everyMsOf(asked: number | null | undefined, fallback: number): number {
  return Math.min(Math.max(asked ?? fallback, MIN_EVERY_MS), MAX_EVERY_MS)
}
