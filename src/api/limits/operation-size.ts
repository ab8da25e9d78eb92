import { type DocumentNode, Kind, Lexer, type SelectionSetNode, Source, TokenKind } from 'graphql'
import { tooComplex } from './limit-errors.ts'

/** The allowed average. Documents with real fields and arguments have about five. */
const CHARACTERS_A_TOKEN = 20

/** The limit for nested brackets. The parser is recursive and overflows the stack at a few thousand. */
const MAX_BRACKETS = 250

/**
 * Checks the text of a document before it is parsed.
 *
 * @throws GraphQLError QUERY_TOO_COMPLEX, or a syntax error if the text has characters that GraphQL does not
 * allow
 */
export function checkText(text: string, maxTokens: number): void {
  const maxLength = maxTokens * CHARACTERS_A_TOKEN
  if (text.length > maxLength) {
    throw tooComplex(
      `The document has ${text.length} characters, and at most ${maxLength} are allowed; send values as ` +
        'variables, and ask for less at once.',
    )
  }
  const lexer = new Lexer(new Source(text))
  let tokens = 0
  let nesting = 0
  let deepest = 0
  for (let { kind } = lexer.advance(); kind !== TokenKind.EOF; kind = lexer.advance().kind) {
    tokens += 1
    if (kind === TokenKind.BRACE_L || kind === TokenKind.BRACKET_L || kind === TokenKind.PAREN_L) {
      nesting += 1
      deepest = Math.max(deepest, nesting)
    } else if (kind === TokenKind.BRACE_R || kind === TokenKind.BRACKET_R || kind === TokenKind.PAREN_R) {
      nesting -= 1
    }
  }
  if (tokens > maxTokens) {
    throw tooComplex(
      `The document has ${tokens} tokens, and at most ${maxTokens} are allowed; send lists as variables, ` +
        'and ask for less at once.',
    )
  }
  if (deepest > MAX_BRACKETS) {
    throw tooComplex(
      `The document nests brackets ${deepest} deep, and at most ${MAX_BRACKETS} are allowed; nest it less.`,
    )
  }
}

const MAX_OPERATIONS = 50
const MAX_FRAGMENTS = 100
/** Fields and fragments of an operation. Those within a fragment count each time that it is used. */
const MAX_SELECTIONS = 1_000
/** Selections of one object field at one place. Validation compares each of them with each other. */
const MAX_REPEATS = 50

/** The size of a selection set, with everything nested in it. */
interface Shape {
  depth: number
  selections: number
  aliases: number
}

/** A shape without its fragments, which are listed with the depth at which they are used. */
interface OwnShape extends Shape {
  spreads: { name: string; depth: number }[]
}

const NOTHING: Shape = { depth: 0, selections: 0, aliases: 0 }

/**
 * Checks the size of a parsed document before it is validated, because parts of validation take quadratic
 * time. This check takes linear time, since it visits each fragment once. Fragments that are circular or
 * missing count as empty; validation reports them.
 *
 * @throws GraphQLError QUERY_TOO_COMPLEX
 */
export function checkShape(document: DocumentNode, limits: { depth: number; aliases: number }): void {
  const operations: OwnShape[] = []
  const fragments = new Map<string, OwnShape>()
  // All fragments on one type may be used at one place, so they share one.
  const places = new Map<string, Place>()
  let fragmentCount = 0
  for (const definition of document.definitions) {
    if (definition.kind === Kind.OPERATION_DEFINITION) {
      operations.push(ownShape(definition.selectionSet, new Place()))
    } else if (definition.kind === Kind.FRAGMENT_DEFINITION) {
      fragmentCount += 1
      const type = definition.typeCondition.name.value
      const place = places.get(type) ?? new Place()
      places.set(type, place)
      fragments.set(definition.name.value, ownShape(definition.selectionSet, place))
    }
  }
  check(operations.length, MAX_OPERATIONS, 'The document has', 'operations', 'send fewer at once')
  check(fragmentCount, MAX_FRAGMENTS, 'The document has', 'fragments', 'put some into one')
  const shapes = new FragmentShapes(fragments)
  for (const operation of operations) {
    const { depth, selections, aliases } = shapes.whole(operation)
    check(depth, limits.depth, 'The operation is', 'fields deep', 'nest it less')
    check(aliases, limits.aliases, 'The operation has', 'aliases', 'use filters or several requests')
    check(selections, MAX_SELECTIONS, 'The operation has', 'fields and fragments', 'ask for less at once')
  }
}

/** A place in the response, with the number of times that each field is selected there. */
class Place {
  #selected = 0
  readonly #within = new Map<string, Place>()

  /** Counts one more selection of an object field and returns its place. */
  field(name: string): Place {
    const place = this.#within.get(name) ?? new Place()
    this.#within.set(name, place)
    place.#selected += 1
    const what = `fields \`${name}\` at one place`
    check(place.#selected, MAX_REPEATS, 'The document has', what, 'ask for it once, with all its fields')
    return place
  }
}

/** Uses an explicit stack, so that a deeply nested document cannot overflow the call stack. */
function ownShape(root: SelectionSetNode, top: Place): OwnShape {
  const shape: OwnShape = { ...NOTHING, spreads: [] }
  const waiting = [{ set: root, depth: 1, place: top }]
  for (let next = waiting.pop(); next; next = waiting.pop()) {
    const { set, depth, place } = next
    for (const selection of set.selections) {
      shape.selections += 1
      if (selection.kind === Kind.FRAGMENT_SPREAD) {
        shape.spreads.push({ name: selection.name.value, depth: depth - 1 })
      } else if (selection.kind === Kind.INLINE_FRAGMENT) {
        waiting.push({ set: selection.selectionSet, depth, place })
      } else {
        shape.depth = Math.max(shape.depth, depth)
        if (selection.alias) shape.aliases += 1
        if (!selection.selectionSet) continue
        const inner = place.field((selection.alias ?? selection.name).value)
        waiting.push({ set: selection.selectionSet, depth: depth + 1, place: inner })
      }
    }
  }
  return shape
}

/**
 * The shapes of fragments including the fragments that they use. Their number is limited, so recursion is
 * safe.
 */
class FragmentShapes {
  readonly #own: ReadonlyMap<string, OwnShape>
  readonly #whole = new Map<string, Shape>()

  constructor(own: ReadonlyMap<string, OwnShape>) {
    this.#own = own
  }

  whole({ spreads, ...own }: OwnShape): Shape {
    const whole = { ...own }
    for (const { name, depth } of spreads) {
      const fragment = this.#shapeOf(name)
      whole.depth = Math.max(whole.depth, depth + fragment.depth)
      whole.selections += fragment.selections
      whole.aliases += fragment.aliases
    }
    return whole
  }

  #shapeOf(name: string): Shape {
    const known = this.#whole.get(name)
    if (known) return known
    // The end of a circle of fragments.
    this.#whole.set(name, NOTHING)
    const own = this.#own.get(name)
    const shape = own ? this.whole(own) : NOTHING
    this.#whole.set(name, shape)
    return shape
  }
}

function check(value: number, limit: number, subject: string, what: string, advice: string): void {
  if (value <= limit) return
  throw tooComplex(`${subject} ${counted(value)} ${what}, and at most ${limit} are allowed; ${advice}.`)
}

/** Fragments that each use another one twice result in numbers that are no longer exact. */
function counted(value: number): string {
  return value > 1_000_000_000 ? 'more than 1000000000' : String(value)
}

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
      throw tooComplex(`The variables nest lists and objects more than ${MAX_NESTING} deep; nest them less.`)
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
    `A list of the variables has ${count} items, and at most ${MAX_ITEMS} are allowed; use several requests.`,
  )
}

function checkFields(value: object): void {
  let count = 0
  // Object.keys would make a list of perhaps a hundred thousand.
  for (const _key in value) {
    count += 1
    if (count <= MAX_FIELDS) continue
    throw tooComplex(
      `An object of the variables has more than ${MAX_FIELDS} fields; leave out those that the schema lacks.`,
    )
  }
}
