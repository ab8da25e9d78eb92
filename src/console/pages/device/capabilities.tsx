import { createMemo, createSignal, For, Show } from 'solid-js'
import { count, plural } from '../../lib/format.ts'
import type { DeviceDetail } from './detail.ts'

/**
 * The capabilities that the device offers and lacks, with a search, and those that changed since the last
 * session.
 */
export function Capabilities(props: { device: DeviceDetail }) {
  const [search, setSearch] = createSignal('')
  const shown = createMemo(() => {
    const needle = search().trim().toLowerCase()
    return props.device.capabilities.filter(({ uri }) => uri.toLowerCase().includes(needle))
  })
  /** The capabilities of the newest change, by the text that the change log has. */
  const latest = createMemo(() => {
    const change = props.device.changes.nodes.find(({ action }) => action === 'CAPABILITIES_CHANGED')
    const added = new Set(change?.fields.flatMap(({ after }) => (after === null ? [] : [after])))
    const gone = change?.fields.flatMap(({ before, after }) =>
      before !== null && after === null ? [before] : [],
    )
    return { added, gone: gone ?? [] }
  })
  return (
    <section class="stack" aria-label="Capabilities">
      <div class="row spread wrap">
        <h2>{plural(props.device.capabilities.length, 'capability', 'capabilities')}</h2>
        <input
          class="field"
          type="search"
          aria-label="Search capabilities"
          placeholder="Search capabilities"
          value={search()}
          onInput={(event) => setSearch(event.currentTarget.value)}
        />
      </div>
      <Show when={props.device.missingCapabilities.length > 0}>
        <div class="device-key">
          <p class="strong">Required, and missing:</p>
          <For each={props.device.missingCapabilities}>{(name) => <p class="mono">{name}</p>}</For>
        </div>
      </Show>
      <Show when={latest().gone.length > 0}>
        <p class="soft">
          No longer offered: <span class="mono">{latest().gone.join(', ')}</span>
        </p>
      </Show>
      <Show
        when={props.device.capabilities.length > 0}
        fallback={<p class="soft">No session was opened yet.</p>}
      >
        <p class="soft small">
          {count(shown().length)} of {count(props.device.capabilities.length)} shown
        </p>
        <ul class="capabilities" tabindex="0" aria-label="List of capabilities">
          <For each={shown()}>
            {(capability) => (
              <li class="mono" title={capability.uri}>
                {capability.module ?? capability.uri}
                <span class="soft">{capability.revision ? `@${capability.revision}` : ''}</span>
                <Show when={latest().added.has(capability.uri)}> (new)</Show>
              </li>
            )}
          </For>
        </ul>
      </Show>
    </section>
  )
}
