import {
  type Accessor,
  createContext,
  createEffect,
  createMemo,
  createSignal,
  onCleanup,
  useContext,
} from 'solid-js'
import { ask } from '../api/client.ts'
import {
  type ProgressCountsFragment,
  PulseDocument,
  type RefreshRowFragment,
  RefreshStatesDocument,
  StatusDocument,
  type StatusQuery,
} from '../api/generated.ts'
import { follow } from '../api/live.ts'
import { type Answer, createAnswer } from '../api/resource.ts'
import { baselineOf } from '../lib/coverage.ts'

/** How often the counts are asked for while no refresh runs, and when the next one is due. */
const ASK_AGAIN_MS = 30_000

/** How often the counts and the progress are asked for while a refresh runs. */
const PULSE_MS = 1_000

const RUNNING: ReadonlySet<string> = new Set(['QUEUED', 'SYNCING', 'PROBING'])

export interface Status {
  answer: Answer<StatusQuery>
  /** The refresh that runs, the oldest first if there are several; null if none does. */
  running: Accessor<RefreshRowFragment | null>
  /** How far the refresh that runs has come; null if none does. */
  progress: Accessor<ProgressCountsFragment | null>
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
  const timer = setInterval(answer.again, ASK_AGAIN_MS)
  onCleanup(() => clearInterval(timer))
  const running = createMemo(() => answer.data()?.refreshes.nodes.at(-1) ?? null)
  const runningId = createMemo(() => running()?.id ?? null)
  const [progress, setProgress] = createSignal<ProgressCountsFragment | null>(null)
  createEffect(() => {
    const id = runningId()
    setProgress(null)
    if (id === null) return
    const pulse = setInterval(async () => {
      if (document.hidden) return
      // If the gateway is away, the subscription above notices it.
      const now = await ask(PulseDocument, { id }).catch(() => null)
      if (now === null || runningId() !== id) return
      answer.change((data) => ({ ...data, summary: now.summary }))
      setProgress(now.refresh?.progress ?? null)
    }, PULSE_MS)
    onCleanup(() => clearInterval(pulse))
  })
  const baseline = createMemo(() => baselineOf(answer.data()?.cycles.nodes ?? [], running() !== null))
  return {
    answer,
    running,
    progress: () => progress() ?? running()?.progress ?? null,
    changed,
    baseline,
  }
}

export const StatusContext = createContext<Status>()

export function useStatus(): Status {
  const status = useContext(StatusContext)
  if (!status) throw new Error('The page stands outside of the layout.')
  return status
}
