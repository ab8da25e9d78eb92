import type { Summary } from '../../store/device-store.ts'
import { listSize, readsAllDevices, weight } from '../limits/field-costs.ts'
import { builder } from './builder.ts'
import { ProbeOutcomeEnum } from './enums.ts'
import { DeviceFilterInput } from './filter-inputs.ts'

export const OutcomeCount = builder.objectRef<Summary['byOutcome'][number]>('OutcomeCount').implement({
  description: 'How many probes ended in one way.',
  fields: (t) => ({
    outcome: t.expose('outcome', { type: ProbeOutcomeEnum, description: 'The way they ended.' }),
    count: t.exposeInt('count', { description: 'Of probes: one for each device.' }),
  }),
})

export const InventorySummary = builder.objectRef<Summary>('InventorySummary').implement({
  description: 'Counts over ACTIVE devices, each device by its last probe.',
  fields: (t) => ({
    devices: t.exposeInt('devices', { description: 'All of them, probed or not.' }),
    supported: t.exposeInt('supported', {
      description: 'Those that can be driven over NETCONF: their last probe ended in SUPPORTED.',
    }),
    unprobed: t.exposeInt('unprobed', { description: 'Those that were never probed.' }),
    byOutcome: t.field({
      type: [OutcomeCount],
      extensions: listSize(5),
      description: 'Outcomes that no device has are left out.',
      resolve: (summary) => summary.byOutcome,
    }),
    oldestProbeAt: t.field({
      type: 'DateTime',
      nullable: true,
      description: 'When the device whose last probe is the longest ago was probed; null where none was.',
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
    resolve: (_root, { filter }, { store }) => store.devices.summary(filter ?? undefined),
  }),
)
