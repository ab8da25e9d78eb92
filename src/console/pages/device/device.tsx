import { A, useNavigate, useParams } from '@solidjs/router'
import { createMemo, createSignal, For, Show } from 'solid-js'
import { ask, messageOf } from '../../api/client.ts'
import {
  ChangesDocument,
  DecommissionDeviceDocument,
  DeviceDetailDocument,
  DeviceLinesDocument,
  ResultsDocument,
  StartRefreshDocument,
  TrustHostKeyDocument,
} from '../../api/generated.ts'
import { follow } from '../../api/live.ts'
import { allNodes } from '../../api/pages.ts'
import { createAnswer } from '../../api/resource.ts'
import { useMay } from '../../layout/viewer.ts'
import { duration, instant, words } from '../../lib/format.ts'
import { meaningOf } from '../../lib/outcomes.ts'
import { ChangesCsv, ChangeTable } from '../../parts/change-table.tsx'
import { Confirm } from '../../parts/confirm.tsx'
import { Entity } from '../../parts/entity.tsx'
import { OutcomeMark } from '../../parts/outcome-mark.tsx'
import { Problem } from '../../parts/problem.tsx'
import { When } from '../../parts/when.tsx'
import { Capabilities } from './capabilities.tsx'
import type { DeviceDetail } from './detail.ts'
import { Phases } from './phases.tsx'
import { ProbeStrip } from './probe-strip.tsx'
import './device.css'

/** One device: its state, the next step, and its history. */
export default function Device() {
  const params = useParams<{ id: string }>()
  const answer = createAnswer(DeviceDetailDocument, () => ({ id: params.id }))
  const device = createMemo(() => {
    const data = answer.data()
    return data && (data.node && 'name' in data.node ? data.node : null)
  })
  return (
    <Entity what="device" lists="devices" answer={answer} found={device()}>
      {(known) => <KnownDevice device={known()} again={answer.again} />}
    </Entity>
  )
}

function KnownDevice(props: { device: DeviceDetail; again: () => void }) {
  const may = useMay()
  const navigate = useNavigate()
  const [asks, setAsks] = createSignal<'trust' | 'decommission' | null>(null)
  const [probing, setProbing] = createSignal<string | null>(null)
  const [problem, setProblem] = createSignal<string | null>(null)
  const device = () => props.device
  follow(
    DeviceLinesDocument,
    () => ({ filter: { name: { eq: device().name }, site: { name: { eq: device().site.name } } } }),
    ({ deviceChanges }) => {
      if (deviceChanges.some(({ id }) => id === device().id)) props.again()
    },
    { onBack: props.again },
  )
  const probe = async () => {
    try {
      setProblem(null)
      const input = { deviceIds: [device().id], force: true }
      const { startRefresh } = await ask(StartRefreshDocument, { input })
      setProbing(startRefresh.refresh.id)
    } catch (failure) {
      setProblem(messageOf(failure))
    }
  }

  const countryPage = () => `/countries/${encodeURIComponent(device().country.name)}`

  return (
    <div class="device">
      <div class="row spread wrap">
        <div>
          <h1>{device().name}</h1>
          <p class="soft">
            <A href={countryPage()}>{device().country.name}</A>
            {' ▸ '}
            <A href={`${countryPage()}/sites/${encodeURIComponent(device().site.name)}`}>
              {device().site.name}
            </A>
            {' · '}
            <span class="mono">{`${device().address}:${device().port}`}</span>
            {device().platform ? ` · ${device().platform}` : ''}
          </p>
        </div>
        <div class="row">
          <Show when={probing()} keyed>
            {(id) => (
              <Probing
                refreshId={id}
                onEnd={() => {
                  setProbing(null)
                  props.again()
                }}
              />
            )}
          </Show>
          <Show when={may('OPERATOR') && device().lifecycle === 'ACTIVE'}>
            <button
              type="button"
              class="button primary"
              disabled={probing() !== null}
              onClick={() => void probe()}
            >
              Probe now
            </button>
          </Show>
          <Show when={may('ADMIN') && device().lifecycle === 'ACTIVE'}>
            <button type="button" class="button danger" onClick={() => setAsks('decommission')}>
              Decommission…
            </button>
          </Show>
        </div>
      </div>
      <Problem error={problem()} />
      <Verdict device={device()} />
      <Show when={device().hostKey}>
        {(key) => (
          <Show when={key().state === 'CHANGED'}>
            <div class="device-key">
              <p class="strong">The host key changed.</p>
              <dl class="pairs">
                <dt>Known since {instant(key().firstSeenAt)}</dt>
                <dd class="mono">{key().fingerprint}</dd>
                <dt>Offered now</dt>
                <dd class="mono">{key().offeredFingerprint ?? 'none'}</dd>
              </dl>
              <Show when={may('ADMIN') && key().offeredFingerprint}>
                <button type="button" class="button danger" onClick={() => setAsks('trust')}>
                  Trust the offered key…
                </button>
              </Show>
            </div>
          </Show>
        )}
      </Show>
      <ProbeStrip probes={device().probes.nodes} />
      <div class="device-columns">
        <div class="stack">
          <Show when={device().lastProbe}>
            {(last) => (
              <Phases
                phase={last().phase}
                outcome={last().outcome}
                durationMs={last().durationMs}
                phases={last().phases}
              />
            )}
          </Show>
          <Facts device={device()} />
        </div>
        <Capabilities device={device()} />
      </div>
      <section class="stack" aria-label="Changes">
        <div class="row spread">
          <h2>Changes</h2>
          <ChangesCsv
            name={`changes of ${device().name}`}
            all={(onProgress) =>
              allNodes(
                async (after, first) =>
                  (await ask(ChangesDocument, { deviceId: device().id, first, after })).changes,
                onProgress,
              )
            }
          />
        </div>
        <ChangeTable changes={device().changes.nodes} />
      </section>
      <Confirm
        open={asks() === 'trust'}
        onClose={() => setAsks(null)}
        title={`Trust the new host key of ${device().name}?`}
        action="Trust this key"
        isDangerous
        onConfirm={async () => {
          const fingerprint = device().hostKey?.offeredFingerprint ?? ''
          await ask(TrustHostKeyDocument, { deviceId: device().id, fingerprint })
          props.again()
        }}
      >
        <p class="mono">{device().hostKey?.offeredFingerprint}</p>
        <p>Trust it only if you know why it changed: the device was replaced, reset or given new keys.</p>
      </Confirm>
      <Confirm
        open={asks() === 'decommission'}
        onClose={() => setAsks(null)}
        title={`Decommission ${device().name}?`}
        action="Decommission 1 device"
        isDangerous
        onConfirm={async () => {
          await ask(DecommissionDeviceDocument, { id: device().id, reason: null })
          navigate('/devices')
        }}
      >
        <p>It is no longer probed. Its history stays, and it can be onboarded again.</p>
      </Confirm>
    </div>
  )
}

/** Says that a probe is under way until its result is there, also across a cut of the connection. */
function Probing(props: { refreshId: string; onEnd: () => void }) {
  follow(
    ResultsDocument,
    () => ({ id: props.refreshId, after: null }),
    () => {},
    { onEnd: props.onEnd },
  )
  return (
    <A href={`/refreshes/${props.refreshId}`} class="soft" role="status">
      Being probed…
    </A>
  )
}

/** The verdict as a sentence, with what to do. */
function Verdict(props: { device: DeviceDetail }) {
  const last = () => props.device.lastProbe
  const meaning = () => meaningOf(last()?.outcome)
  return (
    <div class="verdict">
      <p class="row wrap">
        <OutcomeMark outcome={last()?.outcome} />
        <Show when={last()}>
          {(probe) => (
            <span class="soft">
              <When at={probe().startedAt} />, {duration(probe().durationMs)}, ended in phase{' '}
              {words(probe().phase)}
            </span>
          )}
        </Show>
      </p>
      {/* The panel below has both keys. */}
      <Show when={last()?.outcome !== 'HOST_KEY_CHANGED' && last()?.message}>
        {(message) => <p>{message()}</p>}
      </Show>
      <Show when={last()?.outcome !== 'SUPPORTED'}>
        <p class="strong">{meaning().advice}</p>
      </Show>
      <For each={last()?.notes}>{(note) => <p class="soft">{note}</p>}</For>
      <Show when={props.device.probeHold}>
        {(hold) => (
          <p>
            It is not probed at present: {words(hold())}
            <Show when={props.device.nextProbeAt}>
              ; next <When at={props.device.nextProbeAt} />
            </Show>
            .
          </p>
        )}
      </Show>
    </div>
  )
}

function Facts(props: { device: DeviceDetail }) {
  const rows = () => {
    const { device } = props
    const { facts } = device
    const algorithms = device.lastProbe?.algorithms
    return [
      ['Host name', facts?.hostname],
      ['Vendor', facts?.vendor],
      ['Model', facts?.model],
      ['Serial number', facts?.serialNumber],
      ['OS version', facts?.osVersion],
      ['Source', device.source],
      ['Host key', device.hostKey ? `${device.hostKey.algorithm} ${device.hostKey.fingerprint}` : null],
      [
        'Key exchange',
        algorithms ? `${algorithms.kex}, ${algorithms.cipher}${algorithms.legacy ? ' (legacy)' : ''}` : null,
      ],
    ] as const
  }
  return (
    <section class="stack" aria-label="Facts">
      <h2>Facts</h2>
      <dl class="pairs">
        <For each={rows()}>
          {([name, value]) => (
            <>
              <dt>{name}</dt>
              <dd classList={{ soft: !value }}>{value ?? '–'}</dd>
            </>
          )}
        </For>
        <dt>First seen</dt>
        <dd>
          <When at={props.device.firstSeenAt} />
        </dd>
        <dt>Last supported</dt>
        <dd>
          <When at={props.device.lastSupportedAt} none="never" />
        </dd>
      </dl>
    </section>
  )
}
