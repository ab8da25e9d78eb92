import { completeValue } from '@pothos/core'
import { isRetryable } from '../../netconf/protocol/outcome.ts'
import { MAX_NOTES, type NegotiatedAlgorithms as Negotiated } from '../../netconf/report/probe-report.ts'
import { listSize } from '../limits/field-costs.ts'
import { expectRow } from '../loaders/loader.ts'
import { builder } from './builder.ts'
import { ProbeOutcomeEnum, ProbePhaseEnum } from './enums.ts'
import { Device, Probe, Refresh } from './object-refs.ts'

const NegotiatedAlgorithms = builder.objectRef<Negotiated>('NegotiatedAlgorithms').implement({
  description: 'What an SSH key exchange settled on, as OpenSSH names it.',
  fields: (t) => ({
    kex: t.exposeString('kex', { description: 'Key exchange: curve25519-sha256.' }),
    cipher: t.exposeString('cipher', {
      description: 'What the connection was encrypted with: aes256-gcm@openssh.com.',
    }),
    mac: t.exposeString('mac', {
      nullable: true,
      description: 'Message authentication: hmac-sha2-256. Null where the cipher needs none.',
    }),
    hostKey: t.exposeString('hostKey', { description: "The host key's signature: ssh-ed25519." }),
    legacy: t.exposeBoolean('legacy', {
      description:
        'Whether any of them is known to be weak, and is used only where the configuration allows it.',
    }),
  }),
})

builder.node(Probe, {
  description: 'One attempt to open a NETCONF session with a device.',
  id: { resolve: (probe) => probe.id },
  loadWithoutCache: (id, { loaders }) => loaders.probe.load(Number(id)),
  fields: (t) => ({
    device: t.field({
      type: Device,
      description: 'The one that was probed, as it is now.',
      resolve: (probe, _args, { loaders }) => completeValue(loaders.device.load(probe.deviceId), expectRow),
    }),
    refresh: t.field({
      type: Refresh,
      nullable: true,
      description: 'The refresh that asked for it; null where none did.',
      resolve: (probe, _args, { loaders }) =>
        probe.refreshId === null ? null : loaders.refresh.load(probe.refreshId),
    }),
    outcome: t.expose('outcome', { type: ProbeOutcomeEnum, description: 'How it ended.' }),
    phase: t.expose('phase', {
      type: ProbePhaseEnum,
      description: 'The phase that was reached when the probe ended.',
    }),
    message: t.exposeString('message', {
      nullable: true,
      description: 'A sentence for a person; null where the outcome says it all.',
    }),
    notes: t.exposeStringList('notes', {
      extensions: listSize(MAX_NOTES),
      description:
        'Remarks that do not change the outcome: a framing error after the hello, facts that were refused, ' +
        'a session-id that is no number. At most ten sentences for a person, of at most 300 characters each.',
    }),
    retryable: t.boolean({
      description: 'Whether trying again unchanged could end otherwise.',
      resolve: (probe) => isRetryable(probe.outcome),
    }),
    startedAt: t.expose('startedAt', {
      type: 'DateTime',
      description: 'When its name resolution began, after any wait for the throttle.',
    }),
    durationMs: t.exposeFloat('durationMs', {
      description: 'Milliseconds from name resolution to the closed socket.',
    }),
    algorithms: t.field({
      type: NegotiatedAlgorithms,
      nullable: true,
      description: 'What was negotiated; null where the key exchange did not come so far.',
      resolve: (probe) => probe.algorithms,
    }),
    attempt: t.exposeInt('attempt', { description: '1 for the first try within its refresh.' }),
  }),
})
