import type { Summary } from '../../store/device-store.ts'
import { listSize, readsAllDevices, weight } from '../limits/field-costs.ts'
import { builder } from './builder.ts'
import { ProbeOutcomeEnum } from './enums.ts'
import { DeviceFilterInput } from './filter-inputs.ts'

export const OutcomeCount = builder.objectRef<Summary['byOutcome'][number]>('OutcomeCount').implement({
  description: 'The number of probes with one outcome.',
  fields: (t) => ({
    outcome: t.expose('outcome', { type: ProbeOutcomeEnum, description: 'How these probes ended.' }),
    count: t.exposeInt('count', { description: 'The number of probes, at most one for each device.' }),
  }),
})

export const InventorySummary = builder.objectRef<Summary>('InventorySummary').implement({
  description: 'Counts over ACTIVE devices, each device by its last probe.',
  fields: (t) => ({
    devices: t.exposeInt('devices', { description: 'All active devices, probed or not.' }),
    supported: t.exposeInt('supported', {
      description: 'Devices that can be managed over NETCONF: their last probe ended in SUPPORTED.',
    }),
    unprobed: t.exposeInt('unprobed', { description: 'Devices that were never probed.' }),
    byOutcome: t.field({
      type: [OutcomeCount],
      extensions: listSize(5),
      description:
        'The devices by the outcome of their last probe. Outcomes that no device has are left out.',
      resolve: (summary) => summary.byOutcome,
    }),
    oldestProbeAt: t.field({
      type: 'DateTime',
      nullable: true,
      description: 'The time of the oldest of the last probes; null if no device was probed.',
      resolve: (summary) => summary.oldestProbeAt,
    }),
  }),
})

builder.queryField('summary', (t) =>
  t.field({
    type: InventorySummary,
    extensions: { ...weight(100), ...readsAllDevices },
    description: 'Counts over the active devices that the filter matches.',
    args: {
      filter: t.arg({ type: DeviceFilterInput, description: 'Default: every active device.' }),
    },
    resolve: (_root, { filter }, { store, filterOf }) => store.devices.summary(filterOf(filter)),
  }),
)
