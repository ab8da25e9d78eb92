import { tooComplex } from './too-complex.ts'

/** Lists and objects within lists and objects: what reads them calls itself for each. */
const MAX_NESTING = 250
/** Ids and names that one argument may give. */
const MAX_ITEMS = 10_000
/** No input has a quarter as many. */
const MAX_FIELDS = 100

/**
 * Checks what JSON made of a request's variables, before anything reads them.
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
      // 1e400 in JSON: no type of the schema takes it, and JSON would write it as null.
      if (each === Infinity || each === -Infinity) {
        throw tooComplex(
          'A number of the variables is larger than any that can be told apart; give a smaller one.',
        )
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
  // Not all of the keys at once, which may be a hundred thousand.
  for (const _key in value) {
    count += 1
    if (count <= MAX_FIELDS) continue
    throw tooComplex(
      `An object of the variables has more than ${MAX_FIELDS} fields, and no input has as many; leave out those that are not in the schema.`,
    )
  }
}
