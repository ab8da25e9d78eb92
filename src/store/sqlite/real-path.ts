import { realpathSync } from 'node:fs'

/**
 * Returns the path with its symbolic links resolved, or as it is if that is not possible. SQLite resolves
 * them as well: it keeps its write-ahead log beside the database itself, not beside the link.
 */
export function realPath(path: string): string {
  try {
    return realpathSync(path)
  } catch {
    return path
  }
}
