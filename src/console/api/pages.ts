import { type Accessor, createEffect, createSignal, on } from 'solid-js'
import { messageOf } from './client.ts'

/** The part of a connection that a list needs. */
interface Page<Node> {
  nodes: Node[]
  totalCount: number
  pageInfo: { hasNextPage: boolean; endCursor: string | null }
}

export interface Pages<Node> {
  nodes: Accessor<Node[]>
  total: Accessor<number | undefined>
  hasMore: Accessor<boolean>
  error: Accessor<string | null>
  more: () => void
  /** All nodes of the list, read anew. `onProgress` is told how many were read. */
  all: (onProgress: (read: number) => void) => Promise<Node[]>
  /** Loads the first page again, and forgets the others. */
  again: () => void
}

/** Asks for a page of at most `first` nodes after a cursor; null for the first page. */
type FetchPage<Node> = (
  after: string | null,
  first: number,
) => Promise<Pick<Page<Node>, 'nodes' | 'pageInfo'> | null>

/** The largest page that the API gives. */
const LARGEST_PAGE = 1_000

/** All nodes of a connection. `onProgress` is told how many were read. */
export async function allNodes<Node>(
  fetch: FetchPage<Node>,
  onProgress: (read: number) => void,
): Promise<Node[]> {
  const nodes: Node[] = []
  for (let after: string | null = null; ; ) {
    const page: Awaited<ReturnType<FetchPage<Node>>> = await fetch(after, LARGEST_PAGE)
    nodes.push(...(page?.nodes ?? []))
    onProgress(nodes.length)
    if (!page?.pageInfo.hasNextPage) return nodes
    after = page.pageInfo.endCursor
  }
}

/**
 * A list that grows by a page at a time. `fetch` gets the cursor to continue after, null at the start; what
 * it reads before it awaits anything starts the list anew when it changes.
 *
 * @param size the number of nodes of a page
 */
export function createPages<Node>(
  fetch: (after: string | null, first: number) => Promise<Page<Node> | null>,
  size: number,
): Pages<Node> {
  const [nodes, setNodes] = createSignal<Node[]>([])
  const [total, setTotal] = createSignal<number>()
  const [cursor, setCursor] = createSignal<string | null>(null)
  const [error, setError] = createSignal<string | null>(null)
  let turn = 0
  const load = async (asked: Promise<Page<Node> | null>, isFirst: boolean) => {
    turn += 1
    const mine = turn
    try {
      const page = await asked
      if (mine !== turn) return
      setNodes((known) => (isFirst ? (page?.nodes ?? []) : [...known, ...(page?.nodes ?? [])]))
      setTotal(page?.totalCount ?? 0)
      setCursor(page?.pageInfo.hasNextPage ? page.pageInfo.endCursor : null)
      setError(null)
    } catch (failure) {
      if (mine === turn) setError(messageOf(failure))
    }
  }
  createEffect(() => void load(fetch(null, size), true))
  return {
    nodes,
    total,
    hasMore: () => cursor() !== null,
    error,
    more: () => void load(fetch(cursor(), size), false),
    all: (onProgress) => allNodes(fetch, onProgress),
    again: () => void load(fetch(null, size), true),
  }
}

/** Loads the list again whenever the signal changes. */
export function reloadOn<Node>(signal: Accessor<unknown>, pages: Pages<Node>): void {
  createEffect(on(signal, pages.again, { defer: true }))
}
