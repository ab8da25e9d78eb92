import { A } from '@solidjs/router'
import { Show } from 'solid-js'
import type { ProgressCountsFragment } from '../api/generated.ts'
import { cutLines } from '../api/live.ts'
import { change, clock, count, instant, share, timeOfDay, words } from '../lib/format.ts'
import { ClassMark } from '../parts/outcome-mark.tsx'
import { When } from '../parts/when.tsx'
import { useStatus } from './status.ts'
import './status-line.css'

/** The line on every page: the share of supported devices, and the refresh that runs, or the next one. */
export function StatusLine() {
  const { answer, progress, baseline } = useStatus()
  const summary = () => answer.data()?.summary
  return (
    <section class="status-line" aria-label="State of the network">
      <Show when={summary()} fallback={<span class="soft">Asking the gateway…</span>}>
        {(counts) => (
          <A href="/devices?q=outcome:supported" class="status-share">
            <ClassMark class="good" />
            <span class="strong">{count(counts().supported)}</span>
            <span class="soft"> of {count(counts().devices)} supported</span>
            <span class="strong status-percent">{share(counts().supported, counts().devices)}</span>
            <Show when={baseline()}>
              {(before) => (
                <span class="soft status-change" title={`Compared with ${instant(before().finishedAt ?? 0)}`}>
                  {change(counts().supported - (before().summary?.supported ?? 0))}
                  <span class="status-since"> since {timeOfDay(before().finishedAt ?? 0)}</span>
                </span>
              )}
            </Show>
          </A>
        )}
      </Show>
      <Show when={cutLines() > 0}>
        <span class="status-cut" role="status">
          Connection cut; catches up when it is back
        </span>
      </Show>
      <span class="status-refresh">
        <Show when={progress()} fallback={<Resting />}>
          {(known) => <Running progress={known()} />}
        </Show>
      </span>
    </section>
  )
}

function Resting() {
  const { answer } = useStatus()
  const gateway = () => answer.data()?.gateway
  return (
    <Show when={gateway()}>
      {(known) => (
        <span class="soft">
          <Show when={known().lastCompletedRefresh} fallback="No refresh yet">
            {(last) => (
              <A href={`/refreshes/${last().id}`} class="status-last">
                Last refresh <When at={last().finishedAt} />
              </A>
            )}
          </Show>
          <Show when={known().nextScheduledRefreshAt}>
            {(next) => (
              <>
                {' · next '}
                <When at={next()} />
              </>
            )}
          </Show>
        </span>
      )}
    </Show>
  )
}

function Running(props: { progress: ProgressCountsFragment }) {
  const progress = () => props.progress
  const percent = () => (progress().total === 0 ? 0 : (progress().done / progress().total) * 100)
  return (
    <A href={`/refreshes/${progress().refreshId}`} class="status-running">
      <span>Refresh {words(progress().state)}</span>
      <progress
        class="bar"
        max={progress().total || 1}
        value={progress().done}
        aria-label="Progress of the refresh"
      />
      <span class="status-number">{Math.floor(percent())} %</span>
      <span class="status-number soft">
        {progress().etaMs === null ? '' : `${clock(progress().etaMs ?? 0)} left`}
      </span>
    </A>
  )
}
