import { dataOf } from '../../support/graphql-answer.ts'

/** Whether a refresh that has ended holds exactly one result for each of its targets. */
export interface ResultCheck {
  targets: number
  results: number
  /** Results of devices that have another one. */
  repeated: number
  /** Targets without a result. */
  missing: number
}

const PAGE_OF_RESULTS = `query ($id: ID!, $after: String) {
  refresh(id: $id) {
    progress { total }
    probes(first: 500, after: $after) {
      totalCount
      nodes { device { id } }
      pageInfo { hasNextPage endCursor }
    }
  }
}`

interface PageAnswer {
  refresh: {
    progress: { total: number }
    probes: {
      totalCount: number
      nodes: { device: { id: string } }[]
      pageInfo: { hasNextPage: boolean; endCursor: string | null }
    }
  }
}

/** Reads every result of a refresh, page by page, as a client would. */
export async function checkResults(url: string, id: string): Promise<ResultCheck> {
  const devices = new Set<string>()
  let results = 0
  let after: string | null = null
  for (;;) {
    const answer: PageAnswer = await dataOf(url, PAGE_OF_RESULTS, { id, after })
    const { progress, probes } = answer.refresh
    const { nodes, pageInfo, totalCount } = probes
    for (const { device } of nodes) devices.add(device.id)
    results += nodes.length
    after = pageInfo.endCursor
    if (pageInfo.hasNextPage) continue
    if (totalCount !== results) {
      throw new Error(`The pages hold ${results} results, and their totalCount is ${totalCount}.`)
    }
    const targets = progress.total
    return { targets, results, repeated: results - devices.size, missing: targets - devices.size }
  }
}
