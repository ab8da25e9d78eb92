import { type Accessor, createEffect, createSignal, on } from 'solid-js'
import { ask } from '../api/client.ts'
import { type DeviceGrouping, FilterValuesDocument } from '../api/generated.ts'
import { FILTER_VALUES, type FilterKey } from '../lib/filter-text.ts'

/** The keys whose values are in the inventory. */
const GROUPINGS: Partial<Record<string, DeviceGrouping>> = {
  site: 'SITE',
  country: 'COUNTRY',
  region: 'REGION',
  platform: 'PLATFORM',
  vendor: 'VENDOR',
  model: 'MODEL',
  os: 'OS_VERSION',
}

/** The values to offer for a key; asked for when somebody begins to type it. */
export function createFilterValues(key: Accessor<string | undefined>): Accessor<readonly string[]> {
  const [values, setValues] = createSignal<readonly string[]>([])
  createEffect(
    on(key, (name) => {
      setValues((name && FILTER_VALUES[name as FilterKey]) || [])
      const by = name && GROUPINGS[name]
      if (!by) return
      ask(FilterValuesDocument, { by }).then(
        ({ groups }) => key() === name && setValues(groups.flatMap(({ value }) => value ?? [])),
        // Without offers, it can still be typed.
        () => {},
      )
    }),
  )
  return values
}
