import type { z } from 'zod'
import { fileSchema } from './file-schema.ts'
import { formatPath, type KeyPath, suggestKey } from './known-keys.ts'

/** How sentences name the key at a path, by where its value came from. */
export type NameKey = (path: KeyPath) => string

/** Keys that would hold a secret itself; the file only says where a secret is. */
const SECRETS = ['password', 'privateKey', 'passphrase']

const SHOWN_LENGTH = 60

/** One sentence for each thing that is wrong with a configuration. */
export function describeIssues(issues: readonly z.core.$ZodIssue[], nameKey: NameKey): string[] {
  return issues.flatMap((issue) => {
    if (issue.code === 'unrecognized_keys')
      return issue.keys.map((key) => unknownKey(issue.path, key, nameKey))
    const name = nameKey(issue.path)
    if (issue.code === 'custom' && issue.params?.predicate) return `${name} ${issue.message}.`
    if (issue.input === undefined) return `${name} is missing; it must be ${issue.message}.`
    return `${name} must be ${issue.message}${insteadOf(issue)}.`
  })
}

function unknownKey(parent: KeyPath, key: string, nameKey: NameKey): string {
  const name = nameKey([...parent, key])
  if (parent[0] === 'credentials' && SECRETS.includes(key)) {
    return `${name} would keep a secret in this file; name an environment variable with "${key}Env" or a file with "${key}File" instead.`
  }
  return `${name} is not a known key; ${suggestKey(fileSchema, parent, key)}`
}

/** The value that was found; not where it could be a secret that was put in the wrong place. */
function insteadOf({ path, input }: z.core.$ZodIssue): string {
  if (path[0] === 'credentials' && path.at(-1) !== 'name') return ''
  if (Array.isArray(input)) return ', not a list'
  if (typeof input === 'object' && input !== null) return ', not a mapping'
  const shown = JSON.stringify(input) ?? String(input)
  return `, not ${shown.length > SHOWN_LENGTH ? `${shown.slice(0, SHOWN_LENGTH)}…` : shown}`
}

/** A key of the file, in quotes, after the file's name. */
export function nameInFile(file: string, path: KeyPath): string {
  return path.length === 0 ? `${file}: the whole` : `${file}: "${formatPath(path)}"`
}
