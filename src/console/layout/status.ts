import { type Accessor, createContext, createMemo, createSignal, onCleanup, useContext } from 'solid-js'
import {
  type ProgressCountsFragment,
  ProgressDocument,
  type RefreshRowFragment,
  RefreshStatesDocument,
  StatusDocument,
  type StatusQuery,
  SummaryDocument,
} from '../api/generated.ts'
import { follow } from '../api/live.ts'
import { type Answer, createAnswer } from '../api/resource.ts'
import { baselineOf } from '../lib/coverage.ts'

/** What no subscription tells: when the next refresh is due. */
const ASK_AGAIN_MS = 60_000

const RUNNING: ReadonlySet<string> = new Set(['QUEUED', 'SYNCING', 'PROBING'])

export interface Status {
  answer: Answer<StatusQuery>
  /** The refresh that runs, the oldest first if there are several; null if none does. */
  running: Accessor<RefreshRowFragment | null>
  /** The refresh that changed its state last, for pages that list refreshes. */
  changed: Accessor<RefreshRowFragment | null>
  /** What the present counts are compared with; null if there is nothing to compare with. */
  baseline: Accessor<StatusQuery['cycles']['nodes'][number] | null>
}

/** Whether a refresh has not ended. */
export function isRunning(refresh: { state: string }): boolean {
  return RUNNING.has(refresh.state)
}

/** The data of the status line, kept up to date once for all pages. */
export function createStatus(): Status {
  const answer = createAnswer(StatusDocument, () => ({}))
  const [changed, setChanged] = createSignal<RefreshRowFragment | null>(null)
  follow(
    RefreshStatesDocument,
    () => ({}),
    ({ refreshes }) => {
      setChanged(refreshes)
      answer.again()
    },
    // What changed while the connection was cut did not arrive.
    { onBack: answer.again },
  )
  follow(
    SummaryDocument,
    () => ({}),
    ({ summary }) => answer.change((data) => ({ ...data, summary })),
  )
  const timer = setInterval(answer.again, ASK_AGAIN_MS)
  onCleanup(() => clearInterval(timer))
  const running = createMemo(() => answer.data()?.refreshes.nodes.at(-1) ?? null)
  const baseline = createMemo(() => baselineOf(answer.data()?.cycles.nodes ?? [], running() !== null))
  return { answer, running, changed, baseline }
}

/** The live progress of a refresh. Until the first event, it is the one that was loaded with the refresh. */
export function followProgress(refresh: RefreshRowFragment): Accessor<ProgressCountsFragment> {
  const [progress, setProgress] = createSignal<ProgressCountsFragment>(refresh.progress)
  if (isRunning(refresh)) {
    follow(
      ProgressDocument,
      () => ({ id: refresh.id }),
      ({ refreshProgress }) => setProgress(refreshProgress),
    )
  }
  return progress
}

export const StatusContext = createContext<Status>()

export function useStatus(): Status {
  const status = useContext(StatusContext)
  if (!status) throw new Error('The page stands outside of the layout.')
  return status
}
