import { A } from '@solidjs/router'
import { createMemo, createResource, For, Show } from 'solid-js'
import { ask, messageOf } from '../../api/client.ts'
import {
  type BulkLeftFragment,
  ChangedKeysDocument,
  type ChangedKeysQuery,
  type DeviceFilter,
  TrustHostKeysDocument,
} from '../../api/generated.ts'
import { count, plural } from '../../lib/format.ts'
import { Confirm } from '../../parts/confirm.tsx'
import type { Selection } from './selection.ts'

type KeyLine = ChangedKeysQuery['devices']['nodes'][number]

/** Trusts the keys that the selected devices offer, each as it is shown here. */
export function TrustKeys(props: {
  filter: DeviceFilter | null
  selection: Selection
  onClose: () => void
  onDone: (left: readonly BulkLeftFragment[]) => void
}) {
  const [keys] = createResource(async () => {
    const filter = { hostKeyChanged: true, ...(props.filter && { not: { not: props.filter } }) }
    const { devices } = await ask(ChangedKeysDocument, { filter })
    return devices
  })
  const read = () => (keys.error ? undefined : keys())
  const offered = createMemo(
    () =>
      read()?.nodes.filter(
        ({ id, hostKey }) => props.selection.has(id) && hostKey?.offeredFingerprint != null,
      ) ?? [],
  )
  /** The numbers of changed keys, if not all of them were read. */
  const partly = () => {
    const { nodes = [], totalCount = 0 } = read() ?? {}
    return totalCount > nodes.length && { read: nodes.length, all: totalCount }
  }
  return (
    <Confirm
      open
      onClose={props.onClose}
      title={`Trust the new host keys of ${plural(offered().length, 'device')}?`}
      action={`Trust ${plural(offered().length, 'key')}`}
      isDangerous
      isReady={offered().length > 0}
      onConfirm={async () => {
        const given = offered().map(({ id, hostKey }) => ({
          deviceId: id,
          fingerprint: hostKey?.offeredFingerprint ?? '',
        }))
        const { trustHostKeys } = await ask(TrustHostKeysDocument, { keys: given })
        props.onDone(trustHostKeys.left)
      }}
    >
      <Show when={keys.error}>
        <p role="alert">{messageOf(keys.error)}</p>
      </Show>
      <Show when={keys.state === 'ready' && offered().length === 0}>
        <p>
          None of the selected devices {partly() ? 'among those read ' : ''}shows another key than the known
          one.
        </p>
      </Show>
      <Show when={partly()}>
        {(known) => (
          <p role="status">
            {count(known().all)} devices that match the filter have changed keys; only the first{' '}
            {count(known().read)} were read. Trust these first, or narrow the filter.
          </p>
        )}
      </Show>
      <Show when={offered().length > 0}>
        <p>
          Trust them only if you know why they changed: the devices were replaced, reset or given new keys.
        </p>
        <ul class="keys-offered" tabindex="0" aria-label="Offered keys">
          <For each={offered()}>{(line) => <OfferedKey line={line} />}</For>
        </ul>
        <p class="soft">A key that changes again before you confirm is left as it is.</p>
      </Show>
    </Confirm>
  )
}

function OfferedKey(props: { line: KeyLine }) {
  return (
    <li>
      <A href={`/devices/${props.line.id}`}>{props.line.name}</A>{' '}
      <span class="soft">{props.line.site.name}</span>
      <div class="mono">
        <span class="soft">known&nbsp;&nbsp;</span> {props.line.hostKey?.fingerprint}
      </div>
      <div class="mono">
        <span class="soft">offered</span> {props.line.hostKey?.offeredFingerprint}
      </div>
    </li>
  )
}

/** Devices for which a change of many did nothing, and why. */
export function LeftDevices(props: { left: readonly BulkLeftFragment[]; onClose: () => void }) {
  return (
    <Show when={props.left.length > 0}>
      <div class="problem" role="alert">
        <div>
          <p>{count(props.left.length)} were left as they are:</p>
          <ul>
            <For each={props.left.slice(0, 20)}>
              {({ device, reason }) => (
                <li>
                  <A href={`/devices/${device.id}`}>{device.name}</A>: {reason}
                </li>
              )}
            </For>
          </ul>
        </div>
        <button type="button" class="button" onClick={() => props.onClose()}>
          Close
        </button>
      </div>
    </Show>
  )
}
