import { isRetryable } from '../netconf/outcome.ts'
import { builder } from './builder.ts'
import { ProbeOutcomeEnum, ProbePhaseEnum } from './enums.ts'
import { expectRow } from './expect-row.ts'
import { Device, Probe, Refresh } from './object-refs.ts'

builder.node(Probe, {
  description: 'One attempt to open a NETCONF session with a device.',
  id: { resolve: (probe) => probe.id },
  loadOne: (id, { loaders }) => loaders.probe.load(Number(id)),
  fields: (t) => ({
    device: t.field({
      type: Device,
      resolve: async (probe, _args, { loaders }) => expectRow(await loaders.device.load(probe.deviceId)),
    }),
    refresh: t.field({
      type: Refresh,
      nullable: true,
      description: 'The refresh that asked for it.',
      resolve: (probe, _args, { loaders }) =>
        probe.refreshId === null ? null : loaders.refresh.load(probe.refreshId),
    }),
    outcome: t.expose('outcome', { type: ProbeOutcomeEnum }),
    phase: t.expose('phase', {
      type: ProbePhaseEnum,
      description: 'The phase that was reached when the probe ended.',
    }),
    message: t.exposeString('message', {
      nullable: true,
      description: 'A sentence for a person; null where the outcome says it all.',
    }),
    retryable: t.boolean({
      description: 'Whether trying again unchanged could end otherwise.',
      resolve: (probe) => isRetryable(probe.outcome),
    }),
    startedAt: t.expose('startedAt', { type: 'DateTime' }),
    durationMs: t.exposeFloat('durationMs', { description: 'From name resolution to the closed socket.' }),
    attempt: t.exposeInt('attempt', { description: '1 for the first try within its refresh.' }),
  }),
})
