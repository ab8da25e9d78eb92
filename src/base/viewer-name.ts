const LONGEST = 200

/** What the change log calls the gateway's own doings, which nobody else may pass for. */
const RESERVED = /^(?:source:.*|refresh|known-hosts|manual|anonymous)$/i

/** What is wrong with a name for somebody, as a predicate; null where nothing is. */
export function viewerNameProblem(name: unknown): string | null {
  if (typeof name !== 'string' || name.trim() === '') return 'is no text'
  if (name.length > LONGEST) return `is longer than ${LONGEST} characters`
  if (/\p{C}/u.test(name) || name.trim() !== name) return 'has characters that do not show'
  return RESERVED.test(name) ? 'is what Rollcall calls something of its own' : null
}
