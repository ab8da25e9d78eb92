import { A, useNavigate, useParams } from '@solidjs/router'
import { createSignal, For, onCleanup, Show } from 'solid-js'
import { ask, messageOf } from '../../api/client.ts'
import {
  BudgetsDocument,
  CancelRefreshDocument,
  type ProgressCountsFragment,
  RefreshPageDocument,
  type RefreshPageQuery,
  type ResultLineFragment,
  ResultsDocument,
  RetryRefreshDocument,
} from '../../api/generated.ts'
import { follow } from '../../api/live.ts'
import { createAnswer } from '../../api/resource.ts'
import { isRunning } from '../../layout/status.ts'
import { useMay } from '../../layout/viewer.ts'
import { clock, count, duration, plural, words } from '../../lib/format.ts'
import { useSearch } from '../../lib/search.ts'
import { Entity } from '../../parts/entity.tsx'
import { OutcomeCounts } from '../../parts/outcome-counts.tsx'
import { Problem } from '../../parts/problem.tsx'
import { When } from '../../parts/when.tsx'
import { Results, ResultTable } from './results.tsx'
import './refresh.css'

type KnownRefresh = NonNullable<RefreshPageQuery['refresh']>

/** The number of newest results that are shown while they arrive. */
const NEWEST = 200

/** One refresh: its progress and its results, as they arrive. */
export default function Refresh() {
  const params = useParams<{ id: string }>()
  const answer = createAnswer(RefreshPageDocument, () => ({ id: params.id }))
  return (
    <Entity
      what="refresh"
      lists="refreshes"
      answer={answer}
      found={answer.data()?.refresh}
      hint="It may have been too old to keep."
    >
      {(known) => (
        <Show when={known()} keyed>
          {(refresh) => <KnownRefresh refresh={refresh} onEnd={answer.again} />}
        </Show>
      )}
    </Entity>
  )
}

function KnownRefresh(props: { refresh: KnownRefresh; onEnd: () => void }) {
  // The parent creates a new instance for another refresh, and when this one has ended.
  const { refresh } = props
  const may = useMay()
  const navigate = useNavigate()
  const [search] = useSearch<'outcome'>()
  const [progress, setProgress] = createSignal<ProgressCountsFragment>(refresh.progress)
  const [newest, setNewest] = createSignal<ResultLineFragment[]>([])
  const [problem, setProblem] = createSignal<string | null>(null)
  const [isHeld, setIsHeld] = createSignal(false)
  const runs = () => isRunning(progress())
  let waiting: ResultLineFragment[] = []

  /** Whether more results will come, now or once the gateway is back. */
  const goesOn = () => runs() || progress().state === 'INTERRUPTED'
  if (goesOn()) {
    let cursor: string | null = null
    follow(
      ResultsDocument,
      // After a reconnect, continues after the last result, so that none is lost or repeated.
      () => ({ id: refresh.id, after: cursor }),
      ({ probeResults }) => {
        // With the end of a stream that was cut, urql gives its last event again.
        if (probeResults.cursor !== cursor) {
          waiting = [...probeResults.probes.toReversed(), ...waiting].slice(0, NEWEST)
          if (!isHeld()) release()
        }
        cursor = probeResults.cursor
        setProgress(probeResults.progress)
      },
      { onEnd: props.onEnd, isOver: () => !goesOn() },
    )
  }
  function release() {
    setNewest((shown) => [...waiting, ...shown].slice(0, NEWEST))
    waiting = []
  }

  const act = async (what: () => Promise<void>) => {
    try {
      setProblem(null)
      await what()
    } catch (failure) {
      setProblem(messageOf(failure))
    }
  }
  const failed = () =>
    progress().byOutcome.reduce((sum, entry) => sum + (entry.outcome === 'SUPPORTED' ? 0 : entry.count), 0)

  return (
    <div class="stack">
      <div class="row spread wrap">
        <h1>
          Refresh {words(progress().state)}
          <span class="soft refresh-scope"> {scopeText(refresh)}</span>
        </h1>
        <div class="row">
          <Show when={runs() && may('OPERATOR')}>
            <button
              type="button"
              class="button danger"
              onClick={() =>
                void act(async () => {
                  await ask(CancelRefreshDocument, { id: refresh.id })
                  props.onEnd()
                })
              }
            >
              Cancel
            </button>
          </Show>
          <Show when={!runs() && failed() > 0 && may('OPERATOR')}>
            <button
              type="button"
              class="button primary"
              onClick={() =>
                void act(async () => {
                  const { retryRefresh } = await ask(RetryRefreshDocument, { id: refresh.id })
                  navigate(`/refreshes/${retryRefresh.refresh.id}`)
                })
              }
            >
              Retry {count(failed())}
            </button>
          </Show>
        </div>
      </div>
      <p class="soft">
        Requested <When at={refresh.createdAt} /> by {refresh.requestedBy ?? `the ${words(refresh.trigger)}`}
        <Show when={refresh.finishedAt}>
          , ended <When at={refresh.finishedAt} />
        </Show>
        <Show when={refresh.retryOf}>
          {(first) => (
            <>
              , again for what failed in <A href={`/refreshes/${first().id}`}>this one</A>
            </>
          )}
        </Show>
      </p>
      <Problem error={problem() ?? refresh.error ?? progress().pausedBecause} />
      <Bar progress={progress()} />
      <div class="refresh-columns">
        <section class="stack" aria-label="Results by outcome">
          <OutcomeCounts
            counts={progress().byOutcome}
            total={progress().done}
            href={(outcome) => `/refreshes/${refresh.id}?outcome=${outcome?.toLowerCase() ?? ''}`}
          />
          <Show when={runs()}>
            <Budgets />
          </Show>
        </section>
        <Show
          when={goesOn() && search('outcome') === undefined}
          fallback={<Results id={refresh.id} done={goesOn() ? progress().done : null} />}
        >
          {/* What is read does not move away under the pointer. */}
          <section
            class="stack"
            aria-label="Newest results"
            onPointerMove={(event) => {
              // A list that appears under a pointer that rests is no list that somebody points at.
              if (event.movementX !== 0 || event.movementY !== 0) setIsHeld(true)
            }}
            onPointerLeave={() => {
              setIsHeld(false)
              release()
            }}
          >
            <h2>
              Newest results{' '}
              <span class="soft small">{isHeld() ? 'paused while you point at them' : ''}</span>
            </h2>
            <ResultTable results={newest()} />
          </section>
        </Show>
      </div>
    </div>
  )
}

function scopeText({ scope }: KnownRefresh): string {
  const parts = [
    ...scope.countries.map(({ name }) => name),
    ...scope.sites.map(({ name }) => name),
    ...(scope.deviceCount === 1 ? scope.devices.map(({ name }) => name) : []),
  ]
  if (scope.deviceCount > 1) parts.push(plural(scope.deviceCount, 'device'))
  if (parts.length === 0) return 'over everything'
  return parts.length > 4
    ? `over ${parts.slice(0, 3).join(', ')} and ${parts.length - 3} more`
    : `over ${parts.join(', ')}`
}

function Bar(props: { progress: ProgressCountsFragment }) {
  return (
    <div class="row wrap refresh-bar">
      <Show when={isRunning(props.progress)}>
        <progress
          class="bar"
          max={props.progress.total || 1}
          value={props.progress.done}
          aria-label="Progress of the refresh"
        />
      </Show>
      <span>
        {count(props.progress.done)} of {count(props.progress.total)}
      </span>
      <Show
        when={isRunning(props.progress)}
        fallback={
          <span class="soft">
            in {duration(props.progress.elapsedMs)}, {count(Math.round(props.progress.probesPerSecond))} per
            second
          </span>
        }
      >
        <span class="soft">{count(Math.round(props.progress.probesPerSecond))} per second</span>
        <span class="soft">{count(props.progress.inFlight)} in flight</span>
        <span class="soft">
          {props.progress.etaMs === null ? '' : `${clock(props.progress.etaMs ?? 0)} left`}
        </span>
      </Show>
    </div>
  )
}

/** The budgets of the throttle, each with its use. */
function Budgets() {
  const budgets = createAnswer(BudgetsDocument, () => ({}))
  const timer = setInterval(budgets.again, 1_000)
  onCleanup(() => clearInterval(timer))
  return (
    <section class="stack" aria-label="Budgets">
      <h2>Budgets</h2>
      <ul class="stack">
        <For each={budgets.data()?.gateway.budgets}>
          {(budget) => (
            <li class="budget">
              <span>{budget.name}</span>
              <meter min={0} max={budget.limit} value={budget.inUse} aria-label={budget.name} />
              <span class="figures">
                {count(budget.inUse)} of {count(budget.limit)}
                {budget.perSecond ? ' per second' : ''}
                <Show when={budget.waiting > 0}>
                  <span class="soft">, {count(budget.waiting)} wait</span>
                </Show>
              </span>
            </li>
          )}
        </For>
      </ul>
    </section>
  )
}
