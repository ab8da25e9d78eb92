import { answerJson, TestServer } from './test-server.ts'

export const SOLARWINDS_LOGIN = { username: 'rollcall', password: 'päss:word' }

const QUERY =
  /^SELECT (?<columns>[^()]+) FROM Orion\.Nodes n(?: WHERE (?<where>.+))? ORDER BY n\.NodeID WITH ROWS (?<first>\d+) TO (?<last>\d+) WITH TOTALROWS$/

/** A node by the names of its columns. */
export type OrionNode = Readonly<Record<string, unknown>> & { readonly NodeID: number }

/** Answers SWQL queries over Orion.Nodes as SWIS does, as far as Rollcall asks them. */
export async function startSolarWinds(
  content: { nodes: OrionNode[] },
  { certificate }: { certificate?: string | undefined } = {},
): Promise<TestServer> {
  const { username, password } = SOLARWINDS_LOGIN
  const authorization = `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`
  return TestServer.start(
    ({ method, url, headers, body }, response) => {
      if (headers.authorization !== authorization) {
        answerJson(response, 401, { Message: `Not for ${headers.authorization}.` })
        return
      }
      if (method !== 'POST' || url.pathname !== '/SolarWinds/InformationService/v3/Json/Query') {
        answerJson(response, 404, {})
        return
      }
      const answer = answerQuery(content.nodes, JSON.parse(body))
      answerJson(response, 'Message' in answer ? 400 : 200, answer)
    },
    ({ method }) => method === 'POST',
    certificate,
  )
}

function answerQuery(
  nodes: readonly OrionNode[],
  { query, parameters }: { query: string; parameters: Record<string, string> },
): { Message: string } | { totalRows: number; results: object[] } {
  const { columns = '', where, first, last } = QUERY.exec(query)?.groups ?? {}
  const selected = columns.split(', ').map((column) => /^n\.([\w.]+) AS (\w+)$/.exec(column) ?? [])
  const unknown = selected.find(([, column = '']) => nodes[0] && !(column in nodes[0]))
  if (unknown) return { Message: `Cannot resolve property ${unknown[1] ?? query}` }
  const conditions = (where?.split(' AND ') ?? []).map((condition) =>
    condition
      .slice(1, -1)
      .split(' OR ')
      .map((equation) => /^n\.([\w.]+) = @(\w+)$/.exec(equation) ?? []),
  )
  const found = nodes
    .filter((node) =>
      conditions.every((alternatives) =>
        alternatives.some(([, column = '', parameter = '']) => node[column] === parameters[parameter]),
      ),
    )
    .toSorted((one, other) => one.NodeID - other.NodeID)
  const rows = found.slice(Number(first) - 1, Number(last))
  const results = rows.map((node) =>
    Object.fromEntries(selected.map(([, column = '', alias = '']) => [alias, node[column]])),
  )
  return { totalRows: found.length, results }
}
