import { messageOf, systemCodeOf } from './errors.ts'

const PROBLEMS: Readonly<Record<string, string>> = {
  ENOENT: 'does not exist',
  ENOTDIR: 'does not exist',
  EISDIR: 'is a directory, not a file',
  EACCES: 'cannot be read for lack of permission',
  EPERM: 'cannot be read for lack of permission',
}

/** Returns why a file could not be read, as the predicate of a sentence that begins with its path. */
export function fileProblem(thrown: unknown): string {
  return PROBLEMS[systemCodeOf(thrown) ?? ''] ?? `cannot be read: ${messageOf(thrown)}`
}
