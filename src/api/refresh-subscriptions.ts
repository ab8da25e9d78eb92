import { RollcallError } from '../base/errors.ts'
import type { RefreshProgress as Progress } from '../refresh/progress.ts'
import type { DeviceFilter } from '../store/filters.ts'
import type { ProbeRow } from '../store/probe-store.ts'
import { builder } from './builder.ts'
import { type ApiContext, renewLoaders } from './context.ts'
import { DeviceFilterInput } from './filter-inputs.ts'
import { followRefresh, followRefreshes } from './follow-refresh.ts'
import { rowId } from './global-id.ts'
import { Probe, Refresh } from './object-refs.ts'
import { RefreshProgress } from './refresh.ts'
import { endEarly, subscriptionEvents } from './subscription-events.ts'

const DEFAULT_EVERY_MS = 250
const MIN_EVERY_MS = 50
const MAX_EVERY_MS = 60_000
/** However much a subscriber has to catch up with, it is given and held in memory in pieces of this size. */
const MAX_BATCH = 500

interface ResultBatch {
  probes: ProbeRow[]
  cursor: string
  progress: Progress
}

const ProbeResultBatch = builder.objectRef<ResultBatch>('ProbeResultBatch').implement({
  description: 'Results in the order in which the probes ended. `cursor` resumes after the last one.',
  fields: (t) => ({
    probes: t.field({
      type: [Probe],
      description: 'Empty in the last event where that only tells how the refresh ended.',
      resolve: (batch) => batch.probes,
    }),
    cursor: t.exposeString('cursor', { description: 'Give it as `after` to go on from here.' }),
    progress: t.field({ type: RefreshProgress, resolve: (batch) => batch.progress }),
  }),
})

builder.subscriptionFields((t) => ({
  refreshProgress: t.field({
    type: RefreshProgress,
    description:
      'At most one event per `everyMs` (default 250, at least 50), the first at once, the last when the refresh ends; then the stream completes.',
    args: { refreshId: t.arg.id({ required: true }), everyMs: t.arg.int() },
    subscribe: (_root, args, context) =>
      subscriptionEvents(context.closing, (signal) =>
        progressEvents(context, rowId('Refresh', args.refreshId), paceOf(args), signal),
      ),
    resolve: (progress) => progress,
  }),
  probeResults: t.field({
    type: ProbeResultBatch,
    description:
      "Probe results, gathered for at most `everyMs` (default 250, at least 50) into one event. Without `after` it begins at the refresh's first result; with a cursor it goes on after it: nothing is lost or repeated over a reconnect. Completes when the refresh has ended.",
    args: {
      refreshId: t.arg.id({ required: true }),
      after: t.arg.string(),
      everyMs: t.arg.int(),
      filter: t.arg({ type: DeviceFilterInput }),
    },
    subscribe: (_root, args, context) => {
      const refreshId = rowId('Refresh', args.refreshId)
      const start = args.after == null ? 0 : decodeCursor(refreshId, args.after)
      return subscriptionEvents(context.closing, (signal) =>
        resultEvents(context, { refreshId, start, filter: args.filter, everyMs: paceOf(args), signal }),
      )
    },
    resolve: (batch, _args, context) => {
      renewLoaders(context)
      return batch
    },
  }),
  refreshes: t.field({
    type: Refresh,
    description: 'Every refresh as it changes state, for a page that shows what is going on.',
    subscribe: (_root, _args, context) =>
      subscriptionEvents(context.closing, (signal) => followRefreshes(context, signal)),
    resolve: (refresh, _args, context) => {
      renewLoaders(context)
      return refresh
    },
  }),
}))

async function* progressEvents(
  context: ApiContext,
  refreshId: number,
  everyMs: number,
  signal: AbortSignal,
): AsyncGenerator<Progress, void> {
  for await (const { row } of followRefresh(context, refreshId, everyMs, signal)) {
    yield context.refreshes.progress(row)
  }
}

async function* resultEvents(
  context: ApiContext,
  options: {
    refreshId: number
    /** Sequence number of the last result that the subscriber has. */
    start: number
    filter: DeviceFilter | null | undefined
    everyMs: number
    signal: AbortSignal
  },
): AsyncGenerator<ResultBatch, void> {
  const { refreshId, filter, everyMs, signal } = options
  let lastSeq = options.start
  for await (const { row, isLast } of followRefresh(context, refreshId, everyMs, signal)) {
    let probes: ProbeRow[]
    let endIsUntold = isLast
    do {
      probes = await context.store.probes.ofRefreshAfter(refreshId, lastSeq, MAX_BATCH, filter ?? undefined)
      lastSeq = probes.at(-1)?.seq ?? lastSeq
      if (probes.length > 0 || endIsUntold) {
        yield { probes, cursor: encodeCursor(refreshId, lastSeq), progress: context.refreshes.progress(row) }
        endIsUntold = false
      }
      if (signal.aborted && probes.length === MAX_BATCH) return endEarly(signal)
    } while (probes.length === MAX_BATCH)
  }
}

function paceOf({ everyMs }: { everyMs?: number | null | undefined }): number {
  return Math.min(Math.max(everyMs ?? DEFAULT_EVERY_MS, MIN_EVERY_MS), MAX_EVERY_MS)
}

function encodeCursor(refreshId: number, seq: number): string {
  return Buffer.from(`results:${refreshId}:${seq}`).toString('base64url')
}

function decodeCursor(refreshId: number, cursor: string): number {
  const [kind, id, seq] = Buffer.from(cursor, 'base64url').toString().split(':')
  if (kind === 'results' && Number(id) === refreshId && seq !== undefined && /^\d{1,15}$/.test(seq))
    return Number(seq)
  throw new RollcallError(
    'BAD_USER_INPUT',
    `"${cursor.slice(0, 100)}" is not a cursor of this refresh; use the \`cursor\` of one of its events.`,
  )
}
