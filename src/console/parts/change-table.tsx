import { A } from '@solidjs/router'
import { For, Show } from 'solid-js'
import type { ChangeLineFragment } from '../api/generated.ts'
import { words } from '../lib/format.ts'
import { CsvButton } from './csv-button.tsx'
import './lines.css'
import { When } from './when.tsx'

type Line = ChangeLineFragment & { device?: { id: string; name: string; site: { name: string } } | null }

/** Saves entries of the change log as CSV, each changed field as a line of its own. */
export function ChangesCsv(props: {
  name: string
  all: (onProgress: (read: number) => void) => Promise<readonly Line[]>
  disabled?: boolean
}) {
  const lines = async (onProgress: (read: number) => void) =>
    (await props.all(onProgress)).flatMap((change) =>
      (change.fields.length > 0 ? change.fields : [{ field: '', before: null, after: null }]).map(
        (field) => ({
          ...change,
          ...field,
        }),
      ),
    )
  return (
    <CsvButton
      name={props.name}
      disabled={props.disabled}
      columns={['at', 'device', 'site', 'what', 'by', 'field', 'before', 'after']}
      lines={lines}
      cells={(line) => [
        line.at,
        line.device?.name ?? '',
        line.device?.site.name ?? '',
        words(line.action),
        line.actor,
        line.field,
        line.before ?? '',
        line.after ?? '',
      ]}
    />
  )
}

/** Entries of the change log, with a column for the device if they concern several. */
export function ChangeTable(props: {
  changes: readonly Line[]
  withDevice?: boolean
  /** What is said if there are none. */
  none?: string
}) {
  return (
    <Show
      when={props.changes.length > 0}
      fallback={<p class="soft">{props.none ?? 'Nothing has changed yet.'}</p>}
    >
      <div class="table-scroller">
        <table class="lines">
          <thead>
            <tr>
              <th scope="col">When</th>
              <Show when={props.withDevice}>
                <th scope="col">Device</th>
              </Show>
              <th scope="col">What</th>
              <th scope="col">By</th>
              <th scope="col">Fields</th>
            </tr>
          </thead>
          <tbody>
            <For each={props.changes}>
              {(change) => (
                <tr>
                  <td>
                    <When at={change.at} />
                  </td>
                  <Show when={props.withDevice}>
                    <td>
                      <Show when={change.device} fallback="–">
                        {(device) => <A href={`/devices/${device().id}`}>{device().name}</A>}
                      </Show>
                    </td>
                  </Show>
                  <td>{words(change.action)}</td>
                  <td>{change.actor}</td>
                  <td class="prose">
                    <FieldChanges fields={change.fields} />
                  </td>
                </tr>
              )}
            </For>
          </tbody>
        </table>
      </div>
    </Show>
  )
}

/** The most fields of one change that are shown. */
const SHOWN = 12

/** Changed fields with their values before and after, in one paragraph. */
export function FieldChanges(props: { fields: ChangeLineFragment['fields'] }) {
  return (
    <>
      <For each={props.fields.slice(0, SHOWN)}>
        {({ field, before, after }) => (
          <span class="field-change">
            <span class="soft">{field}</span> {before ?? ''}
            {before === null ? '' : ' → '}
            {after ?? (before === null ? '–' : 'none')}
          </span>
        )}
      </For>
      <Show when={props.fields.length > SHOWN}>
        <span class="soft">and {props.fields.length - SHOWN} more</span>
      </Show>
    </>
  )
}
