import { realpathSync, statSync } from 'node:fs'

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

/**
 * Tells whether a path still names the same file. The inode of an open file is not reused, so this is
 * certain.
 */
export class FileIdentity {
  readonly path: string
  readonly #identity: string | null

  constructor(path: string) {
    this.path = path
    this.#identity = identityOf(path) ?? null
  }

  /**
   * Returns false if the file was removed, moved or replaced.
   *
   * @param path where it has to be. Default: where it was
   */
  isThere(path = this.path): boolean {
    if (this.#identity === null) return true
    const now = identityOf(path)
    return now === undefined || now === this.#identity
  }
}

/** Returns null if there is no file, and undefined if it cannot be read. */
function identityOf(path: string): string | null | undefined {
  try {
    const found = statSync(path, { throwIfNoEntry: false, bigint: true })
    return found === undefined ? null : `${found.dev} ${found.ino}`
  } catch {
    return undefined
  }
}
