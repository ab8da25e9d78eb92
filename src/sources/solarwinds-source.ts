import type { Clock } from '../base/clock.ts'
import type { SolarWindsSourceConfig } from '../config/schema.ts'
import type { CommonRules, FieldNames } from '../inventory/check-record.ts'
import { digitsOf, isObject } from '../inventory/parsed-values.ts'
import type { Inventory } from '../inventory/record.ts'
import { RecordIntake } from './formats/record-intake.ts'
import { nameOf } from './http/http-failure.ts'
import { basicLogin, type HttpSession, withHttpSession } from './http/http-session.ts'
import { MAX_PAGE_BYTES, requestJson } from './http/json-answer.ts'
import { type InventorySource, sourceFailure } from './source.ts'

const QUERY_PATH = 'SolarWinds/InformationService/v3/Json/Query'

type Row = Readonly<Record<string, unknown>>

/** The nodes of a SolarWinds platform, queried from its information service (SWIS) in SWQL. */
export class SolarWindsSource implements InventorySource {
  readonly name: string
  readonly #config: SolarWindsSourceConfig
  readonly #rules: CommonRules
  readonly #clock: Clock
  readonly #url: URL
  /** The columns to query, each once. */
  readonly #columns: readonly string[]

  constructor(config: SolarWindsSourceConfig, { clock, ...rules }: CommonRules & { clock: Clock }) {
    this.name = config.name
    this.#config = config
    this.#rules = rules
    this.#clock = clock
    const base = new URL(config.url)
    if (!base.pathname.endsWith('/')) base.pathname += '/'
    this.#url = new URL(QUERY_PATH, base)
    const named = Object.values(config.fields).filter((column) => column !== undefined)
    this.#columns = [...new Set(named)]
  }

  fetch(signal: AbortSignal): Promise<Inventory> {
    const { username, password, ca, tlsServerName, timeoutMs, totalTimeoutMs } = this.#config
    const login = basicLogin(username, password)
    const options = {
      url: this.#url,
      login,
      ca,
      tlsServerName,
      timeoutMs,
      totalTimeoutMs,
      clock: this.#clock,
    }
    return withHttpSession(options, signal, (session) => this.#read(session))
  }

  /**
   * Reads all pages. Rows are counted from the beginning, so a node that is deleted meanwhile would hide
   * another one.
   */
  async #read(session: HttpSession): Promise<Inventory> {
    const { fields, pageSize } = this.#config
    const subject = nameOf(this.#url)
    const intake = new RecordIntake(subject, { ...this.#rules, fields })
    let total: number | null = null
    let lastNumber = -1n
    do {
      const page = await this.#requestPage(session, intake.count + 1, intake.count + pageSize)
      total ??= page.totalRows
      const isShort = page.rows.length === 0 && intake.count < total
      if (page.totalRows !== total || isShort) {
        throw sourceFailure(subject, 'had its nodes changed while they were read; sync again.')
      }
      for (const row of page.rows) {
        const digits = digitsOf(row[NODE_ID])
        const number = BigInt(digits ?? -1)
        if (number <= lastNumber) {
          throw sourceFailure(
            subject,
            `gives its nodes twice or out of order at node ${digits}, ` +
              'so that its pages cannot be relied on; see what is wrong with it.',
          )
        }
        lastNumber = number
        intake.add(this.#recordOf(row))
        if (intake.turn.isOver) await intake.turn.next()
      }
    } while (intake.count < total)
    return intake.finish()
  }

  async #requestPage(
    session: HttpSession,
    first: number,
    last: number,
  ): Promise<{ totalRows: number; rows: Row[] }> {
    const { totalRows, results } = await requestJson(session, {
      method: 'POST',
      url: this.#url,
      headers: { accept: 'application/json', 'content-type': 'application/json' },
      body: JSON.stringify(nodesQuery(this.#columns, this.#config.filter, { first, last })),
      maxBytes: MAX_PAGE_BYTES,
    })
    const isPage =
      typeof totalRows === 'number' &&
      Array.isArray(results) &&
      results.length <= last - first + 1 &&
      results.every(isObject)
    if (isPage) return { totalRows, rows: results }
    throw sourceFailure(
      nameOf(this.#url),
      'does not answer as SWIS does, with "totalRows" and "results"; correct the source\'s "url".',
    )
  }

  /** Returns the row under the names of its columns, which messages about it use. */
  #recordOf(row: Row): object {
    return Object.fromEntries(this.#columns.map((column, index) => [column, row[aliasOf(index)]]))
  }
}

/** The query for one page of nodes. */
interface SwisQuery {
  query: string
  parameters: Record<string, string>
}

interface NodesQueryOptions {
  /** The columns of Orion.Nodes for our fields. The configuration accepts only paths of names. */
  fields: FieldNames
  /** The accepted values of columns: a node must have one of them in each. */
  filter: Readonly<Record<string, readonly string[]>>
}

/** The alias of the node number, by which pages are ordered. */
const NODE_ID = 'NodeNumber'

/**
 * Returns the query for the nodes `first` to `last`, counted from 1, in the order of their numbers. The
 * columns get the aliases `Field0`, `Field1` and so on, because the name that SWIS would give to
 * `CustomProperties.Site` is not documented.
 */
function nodesQuery(
  columns: readonly string[],
  filter: NodesQueryOptions['filter'],
  { first, last }: { first: number; last: number },
): SwisQuery {
  const parameters: Record<string, string> = {}
  const conditions = Object.entries(filter).map(([column, values]) => {
    const alternatives = values.map((value) => {
      const name = `p${Object.keys(parameters).length}`
      parameters[name] = value
      return `n.${column} = @${name}`
    })
    return `(${alternatives.join(' OR ')})`
  })
  const selected = [
    `n.NodeID AS ${NODE_ID}`,
    ...columns.map((column, index) => `n.${column} AS ${aliasOf(index)}`),
  ]
  const query = [
    `SELECT ${selected.join(', ')} FROM Orion.Nodes n`,
    ...(conditions.length > 0 ? [`WHERE ${conditions.join(' AND ')}`] : []),
    `ORDER BY n.NodeID WITH ROWS ${first} TO ${last} WITH TOTALROWS`,
  ].join(' ')
  return { query, parameters }
}

function aliasOf(index: number): string {
  return `Field${index}`
}
