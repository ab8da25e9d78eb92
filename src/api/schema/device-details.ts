import type { Capability as ParsedCapability } from '../../netconf/protocol/capabilities.ts'
import type { FactsRow } from '../../store/results/facts-store.ts'
import type { HostKeyRow } from '../../store/results/host-key-store.ts'
import { builder } from './builder.ts'
import { HostKeyStateEnum } from './enums.ts'

export const Capability = builder.objectRef<ParsedCapability>('Capability').implement({
  description: 'One capability from a NETCONF hello (RFC 6241 section 8.1), with its parameters parsed.',
  fields: (t) => ({
    uri: t.exposeString('uri', { description: 'The URI as advertised, parameters included.' }),
    namespace: t.exposeString('namespace', { description: 'The URI without its query part.' }),
    module: t.exposeString('module', { nullable: true, description: 'The YANG module.' }),
    revision: t.exposeString('revision', {
      nullable: true,
      description: 'The revision of the module, YYYY-MM-DD.',
    }),
    features: t.exposeStringList('features', { description: 'The supported features of the module.' }),
    deviations: t.exposeStringList('deviations', { description: 'The modules with deviations of this one.' }),
  }),
})

export const DeviceFacts = builder.objectRef<FactsRow>('DeviceFacts').implement({
  description: 'Facts that the device reports over NETCONF. A field is null if the device does not offer it.',
  fields: (t) => ({
    hostname: t.exposeString('hostname', {
      nullable: true,
      description: 'The configured host name.',
    }),
    vendor: t.exposeString('vendor', {
      nullable: true,
      description: 'The manufacturer, for example Cisco or Juniper.',
    }),
    model: t.exposeString('model', { nullable: true, description: "The vendor's name for the hardware." }),
    osVersion: t.exposeString('osVersion', {
      nullable: true,
      description: 'The version of the operating system, as the device writes it.',
    }),
    serialNumber: t.exposeString('serialNumber', {
      nullable: true,
      description: 'The serial number of the chassis.',
    }),
    readFrom: t.exposeString('readFrom', {
      description: 'The YANG module that the facts were read from.',
    }),
    readAt: t.expose('readAt', {
      type: 'DateTime',
      description: 'When the probe that read the facts ended. They stay if a later probe cannot read them.',
    }),
  }),
})

export const HostKey = builder.objectRef<HostKeyRow>('HostKey').implement({
  description:
    'The known SSH host key of the device. By default, the first key that a device shows is trusted.',
  fields: (t) => ({
    algorithm: t.exposeString('algorithm', {
      description: 'The algorithm by its OpenSSH name, for example ssh-ed25519.',
    }),
    fingerprint: t.exposeString('fingerprint', {
      description: 'The fingerprint as OpenSSH prints it: SHA256:….',
    }),
    state: t.field({
      type: HostKeyStateEnum,
      description: 'CHANGED if the device offers another key. It is then not probed.',
      resolve: ({ offeredFingerprint }) => (offeredFingerprint === null ? 'TRUSTED' : 'CHANGED'),
    }),
    firstSeenAt: t.expose('firstSeenAt', {
      type: 'DateTime',
      description: 'When the device first showed this key.',
    }),
    offeredFingerprint: t.exposeString('offeredFingerprint', {
      nullable: true,
      description: 'The fingerprint of the key that is offered instead; null unless the state is CHANGED.',
    }),
  }),
})
