import type { Expression, Kysely, SqlBool } from 'kysely'
import type { Database } from '../tables/database.ts'

/**
 * So many rows are found, read and sorted in a few milliseconds. Of more than that a page is come upon soon enough by going
 * through all rows in their order: of a million, if they lie evenly, after 25,000.
 */
export const MAX_SELECTED = 4_000

/** Whether the condition holds for no more than a few rows of the table. It stops counting there. */
export async function isSelective(
  db: Kysely<Database>,
  table: 'devices' | 'sites',
  condition: Expression<SqlBool>,
): Promise<boolean> {
  const { count } = await db
    .selectFrom((from) =>
      from
        .selectFrom(table)
        .select((eb) => eb.lit(1).as('one'))
        .where(condition)
        .limit(MAX_SELECTED + 1)
        .as('found'),
    )
    .select((eb) => eb.fn.countAll<number>().as('count'))
    .executeTakeFirstOrThrow()
  return count <= MAX_SELECTED
}
