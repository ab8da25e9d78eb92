import { join } from 'node:path'

/** The folder that holds what the interop tests need and the project does not ship; undefined where none is named. */
export const SHARED = process.env.INTEROP_SHARED

export const WHY_SKIPPED = 'INTEROP_SHARED names no folder'

if (SHARED === undefined) {
  process.stderr.write(
    `interop: skipped, ${WHY_SKIPPED}: set it to one that holds interop/netconfd and contract/schema.graphql.\n`,
  )
}

export function sharedPath(...names: string[]): string {
  return join(SHARED ?? '', ...names)
}
