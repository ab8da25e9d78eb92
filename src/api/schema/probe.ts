import { completeValue } from '@pothos/core'
import { isRetryable } from '../../netconf/outcome/outcome.ts'
import {
  MAX_NOTES,
  type NegotiatedAlgorithms as Negotiated,
  type PhaseTiming as Timing,
} from '../../netconf/report/probe-report.ts'
import type { ProbeColumn } from '../../store/probe-store.ts'
import { listSize } from '../limits/field-costs.ts'
import { expectRow } from '../loaders/loader.ts'
import { builder } from './builder.ts'
import { ProbeOutcomeEnum, ProbePhaseEnum } from './enums.ts'
import { Device, Probe, Refresh } from './object-refs.ts'
import { SelectedColumns } from './selected-columns.ts'

const NegotiatedAlgorithms = builder.objectRef<Negotiated>('NegotiatedAlgorithms').implement({
  description: 'The algorithms that the SSH key exchange negotiated, by their OpenSSH names.',
  fields: (t) => ({
    kex: t.exposeString('kex', { description: 'The key exchange, for example curve25519-sha256.' }),
    cipher: t.exposeString('cipher', {
      description: 'The cipher, for example aes256-gcm@openssh.com.',
    }),
    mac: t.exposeString('mac', {
      nullable: true,
      description:
        'The message authentication code, for example hmac-sha2-256. Null if the cipher includes ' +
        'authentication.',
    }),
    hostKey: t.exposeString('hostKey', {
      description: 'The signature algorithm of the host key, for example ssh-ed25519.',
    }),
    legacy: t.exposeBoolean('legacy', {
      description:
        'Whether any of the algorithms is weak. Weak algorithms are used only if the configuration ' +
        'allows them.',
    }),
  }),
})

const PhaseTiming = builder.objectRef<Timing>('PhaseTiming').implement({
  description: 'How long one phase of a probe took.',
  fields: (t) => ({
    phase: t.expose('phase', { type: ProbePhaseEnum, description: 'The phase that this is the time of.' }),
    durationMs: t.exposeFloat('durationMs', { description: 'Milliseconds that it took.' }),
  }),
})

builder.node(Probe, {
  description: 'One attempt to open a NETCONF session with a device.',
  id: { resolve: (probe) => probe.id },
  loadWithoutCache: (id, { loaders }) => loaders.probe.for(null).load(Number(id)),
  fields: (t) => ({
    device: t.field({
      type: Device,
      description: 'The probed device as it is now.',
      resolve: (probe, _args, { loaders }) => completeValue(loaders.device.load(probe.deviceId), expectRow),
    }),
    refresh: t.field({
      type: Refresh,
      nullable: true,
      description: 'The refresh that the probe belongs to; null if there is none.',
      resolve: (probe, _args, { loaders }) =>
        probe.refreshId === null ? null : loaders.refresh.load(probe.refreshId),
    }),
    outcome: t.expose('outcome', { type: ProbeOutcomeEnum, description: 'How the probe ended.' }),
    phase: t.expose('phase', {
      type: ProbePhaseEnum,
      description: 'The phase in which the probe ended.',
    }),
    message: t.exposeString('message', {
      nullable: true,
      description: 'An explanation for a person; null if the outcome needs none.',
    }),
    notes: t.exposeStringList('notes', {
      extensions: listSize(MAX_NOTES),
      description:
        'Remarks that do not change the outcome, for example a framing error after the hello, refused ' +
        'facts, ' +
        'or a session-id that is not a number. At most ten sentences for a person, of at most 300 ' +
        'characters each.',
    }),
    retryable: t.boolean({
      description: 'Whether another try without any change could end differently.',
      resolve: (probe) => isRetryable(probe.outcome),
    }),
    startedAt: t.expose('startedAt', {
      type: 'DateTime',
      description: 'When the name resolution began, after any wait for the throttle.',
    }),
    durationMs: t.exposeFloat('durationMs', {
      description: 'Milliseconds from the start of the name resolution to the closed socket.',
    }),
    phases: t.field({
      type: [PhaseTiming],
      extensions: listSize(8),
      description:
        'The phases that the probe went through, in their order; the last one is where it ended. Empty if ' +
        'it did not begin, and for probes of versions that did not keep them.',
      resolve: (probe) => probe.phases,
    }),
    algorithms: t.field({
      type: NegotiatedAlgorithms,
      nullable: true,
      description: 'The negotiated algorithms; null if the key exchange did not get that far.',
      resolve: (probe) => probe.algorithms,
    }),
    attempt: t.exposeInt('attempt', { description: '1 for the first try within its refresh.' }),
  }),
})

/** The columns of a field that is a probe, besides the id. */
export const probeColumns = new SelectedColumns<ProbeColumn>({
  __typename: [],
  id: [],
  device: ['deviceId'],
  refresh: ['refreshId'],
  outcome: ['outcome'],
  phase: ['phase'],
  message: ['message'],
  retryable: ['outcome'],
  startedAt: ['startedAt'],
  durationMs: ['durationMs'],
  attempt: ['attempt'],
})
