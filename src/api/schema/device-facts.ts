import type { FactsRow } from '../../store/results/facts-store.ts'
import { builder } from './builder.ts'

export const DeviceFacts = builder.objectRef<FactsRow>('DeviceFacts').implement({
  description: 'What the device says of itself over NETCONF. Null fields were not offered.',
  fields: (t) => ({
    hostname: t.exposeString('hostname', {
      nullable: true,
      description: 'The name that the device gives itself.',
    }),
    vendor: t.exposeString('vendor', { nullable: true, description: 'Who made it: Cisco, Juniper.' }),
    model: t.exposeString('model', { nullable: true, description: "The vendor's name for the hardware." }),
    osVersion: t.exposeString('osVersion', {
      nullable: true,
      description: 'Of its operating system, as the device writes it.',
    }),
    serialNumber: t.exposeString('serialNumber', { nullable: true, description: 'Of the chassis.' }),
    readFrom: t.exposeString('readFrom', {
      description: 'The YANG module that the facts were read from.',
    }),
    readAt: t.expose('readAt', {
      type: 'DateTime',
      description: 'When the probe ended that read them; a later one that could not leaves them.',
    }),
  }),
})
