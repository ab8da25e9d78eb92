import { RollcallError } from '../../base/errors.ts'
import { DEVICE_GROUPINGS, type DeviceGroup as Group } from '../../store/device-store.ts'
import { listSize, readsAllDevices, weight } from '../limits/field-costs.ts'
import { builder } from './builder.ts'
import { valuesOf } from './enums.ts'
import { DeviceFilterInput } from './filter-inputs.ts'
import { InventorySummary } from './summary.ts'

const MAX_GROUPS = 1_000
const DEFAULT_GROUPS = 100

const DeviceGroupingEnum = builder.enumType('DeviceGrouping', {
  description: 'The property by which devices are grouped.',
  values: valuesOf(DEVICE_GROUPINGS, {
    REGION: 'The region of the country.',
    COUNTRY: 'The name of the country.',
    SITE: 'The name of the site. Sites of one name in several countries are one group.',
    PLATFORM: 'The platform as the source gives it.',
    VENDOR: 'The vendor in the facts that were last read.',
    MODEL: 'The model in the facts that were last read.',
    OS_VERSION: 'The version of the operating system in the facts that were last read.',
    OUTCOME: 'The outcome of the last probe.',
    PHASE: 'The phase in which the last probe ended.',
    CREDENTIAL: 'The credential that the source names for the device.',
  }),
})

const DeviceGroup = builder.objectRef<Group>('DeviceGroup').implement({
  description: 'The active devices that share a value of one property.',
  fields: (t) => ({
    value: t.exposeString('value', {
      nullable: true,
      description: 'The value that the devices share; null for those that have none.',
    }),
    summary: t.field({
      type: InventorySummary,
      description: 'Counts over the devices of the group.',
      resolve: ({ summary }) => summary,
    }),
  }),
})

builder.queryField('groups', (t) =>
  t.field({
    type: [DeviceGroup],
    extensions: { ...weight(200), ...readsAllDevices, ...listSize(DEFAULT_GROUPS) },
    description:
      'Counts of devices by one of their properties, the largest group first; null is a group of its own.',
    args: {
      by: t.arg({ type: DeviceGroupingEnum, required: true, description: 'The property.' }),
      filter: t.arg({ type: DeviceFilterInput, description: 'Default: every active device.' }),
      first: t.arg.int({
        description: `The most groups, from 1 to ${MAX_GROUPS}. Default: ${DEFAULT_GROUPS}.`,
      }),
    },
    resolve: (_root, { by, filter, first }, { store, filterOf }) => {
      const size = first ?? DEFAULT_GROUPS
      if (size < 1 || size > MAX_GROUPS) {
        throw new RollcallError(
          'BAD_USER_INPUT',
          `\`first\` is ${size}; use a number from 1 to ${MAX_GROUPS}.`,
        )
      }
      return store.devices.groups({ by, filter: filterOf(filter) ?? {}, first: size })
    },
  }),
)
