import type { FactsRow } from '../store/facts-store.ts'
import { builder } from './builder.ts'

export const DeviceFacts = builder.objectRef<FactsRow>('DeviceFacts').implement({
  description: 'What the device says of itself over NETCONF. Null fields were not offered.',
  fields: (t) => ({
    hostname: t.exposeString('hostname', { nullable: true }),
    vendor: t.exposeString('vendor', { nullable: true }),
    model: t.exposeString('model', { nullable: true }),
    osVersion: t.exposeString('osVersion', { nullable: true }),
    serialNumber: t.exposeString('serialNumber', { nullable: true }),
    readFrom: t.exposeString('readFrom', {
      description: 'The YANG module that the facts were read from.',
    }),
    readAt: t.expose('readAt', {
      type: 'DateTime',
      description: 'When the probe ended that read them; a later one that could not leaves them.',
    }),
  }),
})
