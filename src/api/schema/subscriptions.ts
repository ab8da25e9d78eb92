import { rowId } from '../../base/global-id.ts'
import { decodeResultCursor } from '../../store/query/cursors.ts'
import { checkFilterSize } from '../../store/query/filters.ts'
import { listSize } from '../limits/field-costs.ts'
import type { DeviceBatch } from '../live/device-feed.ts'
import type { ResultBatch } from '../live/refresh-feed.ts'
import { sharedFilter } from '../live/shared-reads.ts'
import {
  followDevices,
  followRefresh,
  followRefreshes,
  followResults,
  followSummary,
  subscriptionEvents,
} from '../live/subscription-events.ts'
import { builder } from './builder.ts'
import { DeviceFilterInput } from './filter-inputs.ts'
import { Device, Probe, Refresh } from './object-refs.ts'
import { RefreshProgress } from './refresh.ts'
import { InventorySummary } from './summary.ts'

const MIN_EVERY_MS = 50
const MAX_EVERY_MS = 60_000
/** The defaults of `everyMs`. */
const RESULTS_EVERY_MS = 250
const DEVICES_EVERY_MS = 1_000
const REFRESH_ID = 'The id of a `Refresh`. If it has ended, the events follow at once.'

const ProbeResultBatch = builder.objectRef<ResultBatch>('ProbeResultBatch').implement({
  description: 'Results in the order in which the probes ended. `cursor` continues after the last one.',
  fields: (t) => ({
    probes: t.field({
      type: [Probe],
      extensions: listSize(500),
      description: 'The probes. The list is empty if the last event only reports the end of the refresh.',
      resolve: (batch) => batch.probes,
    }),
    cursor: t.exposeString('cursor', {
      description: 'The cursor of the last result. Pass it as `after` to continue from here.',
    }),
    progress: t.field({
      type: RefreshProgress,
      description: 'The progress of the refresh including these results.',
      resolve: (batch) => batch.progress,
    }),
  }),
})

builder.subscriptionFields((t) => ({
  refreshProgress: t.field({
    type: RefreshProgress,
    description:
      'The progress of a refresh. The first event comes at once, then at most one per `everyMs` (default ' +
      '250, at least 50). The stream completes with the event for the end of the refresh.',
    args: {
      refreshId: t.arg.id({ required: true, description: REFRESH_ID }),
      everyMs: t.arg.int({ description: everyMsDescription(RESULTS_EVERY_MS) }),
    },
    subscribe: (_root, args, context, info) => {
      const refreshId = rowId('Refresh', args.refreshId)
      const pace = { everyMs: everyMsOf(args.everyMs, RESULTS_EVERY_MS), isAligned: false }
      return subscriptionEvents(context.feeds.closing, info, (signal) =>
        followRefresh(context, refreshId, pace, signal),
      )
    },
    resolve: ({ progress }) => progress,
  }),
  probeResults: t.field({
    type: ProbeResultBatch,
    description:
      'Probe results of a refresh. An event gathers the results of at most `everyMs`, and at most 500. ' +
      'The stream begins at the first result, or after the cursor in `after`, so that a reconnect loses ' +
      'and repeats nothing. It completes when the refresh has ended.',
    args: {
      refreshId: t.arg.id({ required: true, description: REFRESH_ID }),
      after: t.arg.string({ description: 'The last `cursor` that was received for this refresh.' }),
      everyMs: t.arg.int({ description: everyMsDescription(RESULTS_EVERY_MS) }),
      filter: t.arg({
        type: DeviceFilterInput,
        description: 'Only results of matching devices.',
      }),
    },
    subscribe: (_root, args, context, info) => {
      const refreshId = rowId('Refresh', args.refreshId)
      const options = {
        refreshId,
        start: args.after == null ? 0 : decodeResultCursor(refreshId, args.after),
        filter: sharedFilter(args.filter, context.refreshes),
        everyMs: everyMsOf(args.everyMs, RESULTS_EVERY_MS),
      }
      return subscriptionEvents(context.feeds.closing, info, (signal) =>
        followResults(context, options, signal),
      )
    },
    resolve: (batch) => batch,
  }),
  summary: t.field({
    type: InventorySummary,
    description:
      'The counts over the devices that match, ' +
      'at once and then when they change, at most every `everyMs` (default 1000).',
    args: {
      filter: t.arg({ type: DeviceFilterInput, description: 'Default: every active device.' }),
      everyMs: t.arg.int({ description: everyMsDescription(DEVICES_EVERY_MS) }),
    },
    subscribe: (_root, { filter, everyMs }, context, info) => {
      if (filter) checkFilterSize(filter)
      const updateMs = everyMsOf(everyMs, DEVICES_EVERY_MS)
      return subscriptionEvents(context.feeds.closing, info, (signal) =>
        followSummary(context, sharedFilter(filter, context.refreshes), updateMs, signal),
      )
    },
    resolve: (summary) => summary,
  }),
  refreshes: t.field({
    type: Refresh,
    description: 'Every refresh whenever its state changes.',
    subscribe: (_root, _args, context, info) =>
      subscriptionEvents(context.feeds.closing, info, (signal) => followRefreshes(context, signal)),
    resolve: ({ refresh }) => refresh,
  }),
  deviceChanges: t.field({
    type: [Device],
    extensions: listSize(500),
    description:
      'Devices whose record or last probe changed. An event gathers the changes of at most `everyMs` ' +
      '(default 1000), and at most 500 devices. Without a filter, decommissioned devices are included.',
    args: {
      filter: t.arg({ type: DeviceFilterInput, description: 'Only devices that match now.' }),
      everyMs: t.arg.int({ description: everyMsDescription(DEVICES_EVERY_MS) }),
    },
    subscribe: (_root, { filter, everyMs }, context, info) => {
      if (filter) checkFilterSize(filter)
      const updateMs = everyMsOf(everyMs, DEVICES_EVERY_MS)
      return subscriptionEvents(context.feeds.closing, info, (signal) =>
        followDevices(context, sharedFilter(filter, context.refreshes), updateMs, signal),
      )
    },
    resolve: ({ devices }: DeviceBatch) => devices,
  }),
}))

/** Returns the description of the argument. */
function everyMsDescription(fallback: number): string {
  return (
    `Minimum time between events in milliseconds, from ${MIN_EVERY_MS} to ${MAX_EVERY_MS}. Other ` +
    `values are set to the nearest limit. Default: ${fallback}.`
  )
}

/** Returns the requested interval, brought within the limits. */
function everyMsOf(asked: number | null | undefined, fallback: number): number {
  return Math.min(Math.max(asked ?? fallback, MIN_EVERY_MS), MAX_EVERY_MS)
}
