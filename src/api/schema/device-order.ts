import { builder } from './builder.ts'
import { OrderDirectionEnum } from './enums.ts'

const DeviceOrderFieldEnum = builder.enumType('DeviceOrderField', {
  description: 'What devices are sorted by.',
  values: {
    NAME: { description: 'Name of the device.' },
    ADDRESS: { description: 'Address as text: 10.0.0.10 comes before 10.0.0.9.' },
    SITE: { description: 'Name of the site, then of the device.' },
    COUNTRY: { description: 'Name of the country, then of the site, then of the device.' },
    LAST_PROBED_AT: {
      description: 'When the last probe ended; ascending, what was never probed comes first.',
    },
    LAST_SEEN_AT: { description: 'When a source last reported the device.' },
  } as const,
})

export const DeviceOrderInput = builder.inputType('DeviceOrder', {
  description: 'Ties are broken the same way each time.',
  fields: (t) => ({
    field: t.field({ type: DeviceOrderFieldEnum, required: true, description: 'What decides.' }),
    direction: t.field({
      type: OrderDirectionEnum,
      defaultValue: 'ASC',
      description: 'Which end comes first.',
    }),
  }),
})
