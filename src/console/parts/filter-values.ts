import { type Accessor, createEffect, createSignal, on } from 'solid-js'
import { ask } from '../api/client.ts'
import { FilterValuesDocument } from '../api/generated.ts'
import type { FilterKey } from '../lib/filter-text.ts'

/** The values to offer for a key; those of the inventory are asked for when somebody begins to type it. */
export function createFilterValues(
  key: Accessor<Pick<FilterKey<never>, 'values'> | undefined>,
): Accessor<readonly string[]> {
  const [values, setValues] = createSignal<readonly string[]>([])
  createEffect(
    on(key, (asked) => {
      const by = asked?.values
      setValues(typeof by === 'object' ? by : [])
      if (typeof by !== 'string') return
      ask(FilterValuesDocument, { by }).then(
        ({ groups }) => key() === asked && setValues(groups.flatMap(({ value }) => value ?? [])),
        // Without offers, it can still be typed.
        () => {},
      )
    }),
  )
  return values
}
