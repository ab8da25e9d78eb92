import { statSync } from 'node:fs'

/** Tells whether there is still the same file at a path. A file that is open is not another one's inode, so this is certain. */
export class FileIdentity {
  readonly path: string
  readonly #identity: string | null

  constructor(path: string) {
    this.path = path
    this.#identity = identityOf(path) ?? null
  }

  /** Returns false if the file was removed, moved or replaced. */
  isThere(): boolean {
    if (this.#identity === null) return true
    const now = identityOf(this.path)
    return now === undefined || now === this.#identity
  }
}

/** Null if there is no file, undefined if that cannot be told. */
function identityOf(path: string): string | null | undefined {
  try {
    const found = statSync(path, { throwIfNoEntry: false, bigint: true })
    return found === undefined ? null : `${found.dev} ${found.ino}`
  } catch {
    return undefined
  }
}
