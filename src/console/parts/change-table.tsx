import { A } from '@solidjs/router'
import { For, Show } from 'solid-js'
import type { ChangeLineFragment } from '../api/generated.ts'
import { words } from '../lib/format.ts'
import './lines.css'
import { When } from './when.tsx'

type Line = ChangeLineFragment & { device?: { id: string; name: string; site: { name: string } } | null }

/** Entries of the change log, with a column for the device if they concern several. */
export function ChangeTable(props: { changes: readonly Line[]; withDevice?: boolean }) {
  return (
    <Show when={props.changes.length > 0} fallback={<p class="soft">Nothing has changed yet.</p>}>
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
                  <td>
                    <For each={change.fields.slice(0, 12)}>
                      {(field) => (
                        <div>
                          <span class="soft">{field.field}</span> {field.before ?? '–'} → {field.after ?? '–'}
                        </div>
                      )}
                    </For>
                    <Show when={change.fields.length > 12}>
                      <span class="soft">and {change.fields.length - 12} more</span>
                    </Show>
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
