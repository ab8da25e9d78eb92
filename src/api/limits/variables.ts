import { tooComplex } from './too-complex.ts'

/** The limit for nested lists and objects. Code that reads them is recursive. */
const MAX_NESTING = 250
/** The limit for a list, for example of ids. */
const MAX_ITEMS = 10_000
/** The limit for an object. No input type has a quarter as many fields. */
const MAX_FIELDS = 100

/**
 * Checks a request's parsed variables before anything else reads them.
 *
 * @throws GraphQLError QUERY_TOO_COMPLEX
 */
export function checkVariables(variables: unknown): void {
  const waiting = [{ value: variables, nesting: 0 }]
  for (let next = waiting.pop(); next; next = waiting.pop()) {
    const { value, nesting } = next
    if (typeof value !== 'object' || value === null) continue
    if (nesting > MAX_NESTING) {
      throw tooComplex(
        `The variables have lists and objects within each other more than ${MAX_NESTING} deep; nest them less.`,
      )
    }
    if (Array.isArray(value)) checkItems(value.length)
    else checkFields(value)
    const inner = Object.values(value)
    for (const each of inner) {
      if (typeof each === 'object' && each !== null) waiting.push({ value: each, nesting: nesting + 1 })
      // JSON.parse reads 1e400 as Infinity, which no type accepts and JSON.stringify turns into null.
      if (each === Infinity || each === -Infinity) {
        throw tooComplex('A number of the variables is too large to be represented; give a smaller one.')
      }
    }
  }
}

function checkItems(count: number): void {
  if (count <= MAX_ITEMS) return
  throw tooComplex(
    `A list of the variables has ${count} items, and at most ${MAX_ITEMS} are allowed; send them in several requests.`,
  )
}

function checkFields(value: object): void {
  let count = 0
  // Object.keys would make a list of perhaps a hundred thousand.
  for (const _key in value) {
    count += 1
    if (count <= MAX_FIELDS) continue
    throw tooComplex(
      `An object of the variables has more than ${MAX_FIELDS} fields, and no input has as many; leave out those that are not in the schema.`,
    )
  }
}
