import Sqlite from 'better-sqlite3'
import { Kysely, SqliteDialect, sql } from 'kysely'
import { expect, it, onTestFinished } from 'vitest'
import { endOfPrefix, textConditions } from '../../../src/store/query/text-criteria.ts'

/** Each with what comes right after all that begins with it. */
const PREFIXES: [string, string | null][] = [
  ['', null],
  ['a', 'b'],
  ['az', 'a{'],
  ["o'", 'o('],
  ['%', '&'],
  ['\x7f', '\x80'],
  ['é', 'ê'],
  ['e\u0301', 'e\u0302'],
  ['\ud7ff', '\ue000'],
  ['\uffff', '\u{10000}'],
  ['😀', '😁'],
  ['\u{10ffff}', null],
  ['\u{10ffff}\u{10ffff}', null],
  ['a\u{10ffff}', 'b'],
  ['a\u{10ffff}\u{10ffff}', 'b'],
]

it.each(PREFIXES)(
  '%j is the begin of what it is for JavaScript, and of nothing else',
  async (prefix, end) => {
    expect(endOfPrefix(prefix)).toBe(end)
    const texts = PREFIXES.flatMap(([text, next]) => [
      text,
      next ?? '',
      `${text}\0`,
      `${text}z`,
      `${text}\u{10ffff}`,
    ])
    const db = new Kysely<unknown>({ dialect: new SqliteDialect({ database: new Sqlite(':memory:') }) })
    onTestFinished(() => db.destroy())
    await sql`create table texts (value text) strict`.execute(db)
    for (const text of new Set(texts)) await sql`insert into texts values (${text})`.execute(db)
    const [condition] = textConditions({ startsWith: prefix }, sql.ref('value'))
    const { rows } = await sql<{ value: string }>`
    select value from texts where ${condition}`.execute(db)
    const wanted = [...new Set(texts)].filter((text) => text.startsWith(prefix))
    expect(rows.map(({ value }) => value).sort()).toEqual(wanted.sort())
  },
)

it('treats half of a surrogate pair as the character that SQLite stores instead', async () => {
  const db = new Kysely<unknown>({ dialect: new SqliteDialect({ database: new Sqlite(':memory:') }) })
  onTestFinished(() => db.destroy())
  for (const filter of [
    { eq: '\ud83d' },
    { in: ['\ud83d'] },
    { contains: '\ud83d' },
    { startsWith: '\ud83d' },
  ]) {
    const [condition] = textConditions(filter, sql`${'\ud83d'}`)
    const { rows } = await sql<{ found: number }>`
      select ${condition} as found`.execute(db)
    expect(rows, JSON.stringify(filter)).toEqual([{ found: 1 }])
  }
})

it('a prefix may be as long as a request', () => {
  const prefix = 'x'.repeat(1024 * 1024)
  expect(endOfPrefix(prefix)).toBe(`${prefix.slice(0, -1)}y`)
})
