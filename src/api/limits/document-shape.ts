import { type DocumentNode, Kind, type SelectionSetNode } from 'graphql'
import { tooComplex } from './too-complex.ts'

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
      const fragment = this.#of(name)
      whole.depth = Math.max(whole.depth, depth + fragment.depth)
      whole.selections += fragment.selections
      whole.aliases += fragment.aliases
    }
    return whole
  }

  #of(name: string): Shape {
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
