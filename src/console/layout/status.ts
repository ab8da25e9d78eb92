import { type Accessor, createContext, createMemo, createSignal, onCleanup, useContext } from 'solid-js'
import {
  type ProgressCountsFragment,
  ProgressDocument,
  type RefreshRowFragment,
  RefreshStatesDocument,
  StatusDocument,
  type StatusQuery,
} from '../api/generated.ts'
import { follow } from '../api/live.ts'
import { type Answer, createAnswer } from '../api/resource.ts'

/** The counts change without a refresh as well, by a sync or a mutation. */
const ASK_AGAIN_MS = 15_000

const RUNNING: ReadonlySet<string> = new Set(['QUEUED', 'SYNCING', 'PROBING'])

export interface Status {
  answer: Answer<StatusQuery>
  /** The refresh that runs, the oldest first if there are several; null if none does. */
  running: Accessor<RefreshRowFragment | null>
  /** The refresh that changed its state last, for pages that list refreshes. */
  changed: Accessor<RefreshRowFragment | null>
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
  )
  const timer = setInterval(answer.again, ASK_AGAIN_MS)
  onCleanup(() => clearInterval(timer))
  const running = createMemo(() => answer.data()?.refreshes.nodes.at(-1) ?? null)
  return { answer, running, changed }
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
