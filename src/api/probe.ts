import { isRetryable } from '../netconf/outcome.ts'
import type { NegotiatedAlgorithms as Negotiated } from '../netconf/probe-report.ts'
import { builder } from './builder.ts'
import { ProbeOutcomeEnum, ProbePhaseEnum } from './enums.ts'
import { expectRow } from './expect-row.ts'
import { Device, Probe, Refresh } from './object-refs.ts'

const NegotiatedAlgorithms = builder.objectRef<Negotiated>('NegotiatedAlgorithms').implement({
  description: 'What an SSH key exchange settled on, as OpenSSH names it.',
  fields: (t) => ({
    kex: t.exposeString('kex', { description: 'Key exchange.' }),
    cipher: t.exposeString('cipher', {}),
    mac: t.exposeString('mac', { nullable: true, description: 'Null where the cipher needs none.' }),
    hostKey: t.exposeString('hostKey', { description: "The host key's signature." }),
    legacy: t.exposeBoolean('legacy', {
      description:
        'Whether any of them is known to be weak, and is used only where the configuration allows it.',
    }),
  }),
})

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
    algorithms: t.field({
      type: NegotiatedAlgorithms,
      nullable: true,
      description: 'What was negotiated; null where the key exchange did not come so far.',
      resolve: (probe) => probe.algorithms,
    }),
    attempt: t.exposeInt('attempt', { description: '1 for the first try within its refresh.' }),
  }),
})
