import { setTimeout as sleep } from 'node:timers/promises'
import { dataOf } from '../../support/graphql-answer.ts'

/** A refresh as the API tells of it. */
export interface RefreshState {
  id: string
  state: string
  hasEnded: boolean
  total: number
  done: number
  outcomes: Record<string, number>
  /** From the request to the end, or until now. */
  wallMs: number
}

const REFRESH = `id state createdAt finishedAt progress { total done byOutcome { outcome count } }`
const ENDED: readonly string[] = ['COMPLETED', 'CANCELLED', 'FAILED', 'INTERRUPTED']

interface RefreshAnswer {
  id: string
  state: string
  createdAt: string
  finishedAt: string | null
  progress: { total: number; done: number; byOutcome: { outcome: string; count: number }[] }
}

/** Asks for a refresh of everything, cool-down or not, and returns its id. */
export async function startRefresh(url: string): Promise<string> {
  const answer = await dataOf<{ startRefresh: { refresh: { id: string } } }>(
    url,
    'mutation { startRefresh(input: { force: true }) { refresh { id } } }',
  )
  return answer.startRefresh.refresh.id
}

/** Resolves once the refresh has ended; its state says how. Asks so seldom that it loads nothing. */
export async function endOfRefresh(url: string, id: string, everyMs = 500): Promise<RefreshState> {
  for (;;) {
    const refresh = await stateOfRefresh(url, id)
    if (refresh.hasEnded) return refresh
    await sleep(everyMs)
  }
}

/** Starts a refresh and sees it through; throws where it does not complete. */
export async function completeRefresh(url: string): Promise<RefreshState> {
  const refresh = await endOfRefresh(url, await startRefresh(url))
  if (refresh.state !== 'COMPLETED') throw new Error(`The refresh ended as ${refresh.state}.`)
  return refresh
}

export async function stateOfRefresh(url: string, id: string): Promise<RefreshState> {
  const { refresh } = await dataOf<{ refresh: RefreshAnswer | null }>(
    url,
    `query ($id: ID!) { refresh(id: $id) { ${REFRESH} } }`,
    { id },
  )
  if (refresh === null) throw new Error('The gateway does not know the refresh any more.')
  const { state, createdAt, finishedAt, progress } = refresh
  return {
    id,
    state,
    hasEnded: ENDED.includes(state),
    total: progress.total,
    done: progress.done,
    outcomes: Object.fromEntries(progress.byOutcome.map(({ outcome, count }) => [outcome, count])),
    wallMs: (finishedAt === null ? Date.now() : Date.parse(finishedAt)) - Date.parse(createdAt),
  }
}
