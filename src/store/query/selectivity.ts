import type { Expression, Kysely, SqlBool } from 'kysely'
import type { Database } from '../tables/database.ts'

/**
 * The most rows that are found through their own index and then sorted: a few milliseconds. If more rows
 * match, a scan in the order of the page finds enough of them soon: after 25,000 of a million rows, if they
 * are spread evenly.
 */
export const MAX_SELECTED = 4_000

/** Tells whether the condition holds for at most `MAX_SELECTED` rows. It stops counting there. */
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
