import { checkFilterSize } from '../../store/query/filter-logic.ts'
import type { ApiContext } from '../context.ts'
import { listSize } from '../limits/field-costs.ts'
import type { DeviceBatch } from '../live/device-feed.ts'
import { type SharedFilter, sharedFilter } from '../live/shared-reads.ts'
import { endEarly, subscriptionEvents } from '../live/subscription-events.ts'
import { UpdatePacer } from '../live/update-pacer.ts'
import { builder } from './builder.ts'
import { everyMsDescription, everyMsOf } from './every-ms.ts'
import { DeviceFilterInput } from './filter-inputs.ts'
import { Device } from './object-refs.ts'

const DEFAULT_EVERY_MS = 1_000

builder.subscriptionField('deviceChanges', (t) =>
  t.field({
    type: [Device],
    extensions: listSize(500),
    description:
      'Devices whose record or last probe changed, gathered for at most `everyMs` (default 1000), at most 500 in one event. Without a filter also those that were decommissioned.',
    args: {
      filter: t.arg({ type: DeviceFilterInput, description: 'Only the devices that it matches now.' }),
      everyMs: t.arg.int({ description: everyMsDescription(DEFAULT_EVERY_MS) }),
    },
    subscribe: (_root, { filter, everyMs }, context, info) => {
      if (filter) checkFilterSize(filter)
      const updateMs = everyMsOf(everyMs, DEFAULT_EVERY_MS)
      return subscriptionEvents(context.feeds.closing, info, (signal) =>
        followDevices(context, sharedFilter(filter), updateMs, signal),
      )
    },
    resolve: ({ devices }: DeviceBatch) => devices,
  }),
)

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
