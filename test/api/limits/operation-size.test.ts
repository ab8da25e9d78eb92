import fc from 'fast-check'
import { type DocumentNode, Kind, parse, type SelectionSetNode } from 'graphql'
import { describe, expect, it } from 'vitest'
import { checkShape, checkText, checkVariables } from '../../../src/api/limits/operation-size.ts'

const UNLIMITED = { depth: Number.MAX_SAFE_INTEGER, aliases: Number.MAX_SAFE_INTEGER }

/** A selection set with spreads of the fragments from `first` on: of all of them with 0, and then there are circles. */
function selections(fragments: number, first: number): fc.Arbitrary<string> {
  const name = fc.constantFrom('a', 'b', 'c')
  const spread = fc.integer({ min: first, max: fragments }).map((index) => `...F${index}`)
  const { set } = fc.letrec<{ set: string; selection: string }>((tie) => ({
    set: fc.array(tie('selection'), { maxLength: 4 }).map((all) => `{ ${all.join(' ')} }`),
    selection: fc.oneof(
      { maxDepth: 4, withCrossShrink: true },
      name,
      fc.tuple(name, name).map(([alias, field]) => `${alias}: ${field}`),
      spread,
      fc.tuple(name, tie('set')).map(([field, set]) => `${field} ${set}`),
      fc.tuple(fc.constantFrom('...', '... on T'), tie('set')).map(([start, set]) => `${start} ${set}`),
    ),
  }))
  return set
}

const FRAGMENTS = 4

function documents(circles: boolean): fc.Arbitrary<string> {
  const indexes = Array.from({ length: FRAGMENTS }, (_, index) => index)
  const fragments = indexes.map((index) =>
    selections(FRAGMENTS, circles ? 0 : index + 1).map((set) => `fragment F${index} on T ${set}`),
  )
  return fc.tuple(selections(FRAGMENTS, 0), ...fragments).map((parts) => parts.join(' '))
}

/** The same as a person would count it: each fragment written out where it is used. */
function written(document: DocumentNode) {
  const sets = new Map<string, SelectionSetNode>()
  for (const each of document.definitions) {
    if (each.kind === Kind.FRAGMENT_DEFINITION) sets.set(each.name.value, each.selectionSet)
  }
  const found = { depth: 0, selections: 0, aliases: 0 }
  const count = (set: SelectionSetNode | undefined, depth: number): void => {
    for (const each of set?.selections ?? []) {
      found.selections += 1
      if (each.kind === Kind.FRAGMENT_SPREAD) count(sets.get(each.name.value), depth)
      else if (each.kind === Kind.INLINE_FRAGMENT) count(each.selectionSet, depth)
      else {
        found.depth = Math.max(found.depth, depth + 1)
        if (each.alias) found.aliases += 1
        count(each.selectionSet, depth + 1)
      }
    }
  }
  const [operation] = document.definitions
  if (operation?.kind === Kind.OPERATION_DEFINITION) count(operation.selectionSet, 0)
  return found
}

function refusalOf(text: string, limits = UNLIMITED): string | null {
  try {
    checkShape(parse(text), limits)
    return null
  } catch (error) {
    expect(error).toMatchObject({ extensions: { code: 'QUERY_TOO_COMPLEX', http: { status: 400 } } })
    return (error as Error).message
  }
}

describe('the shape of a document', () => {
  it('is computed as if each fragment were inlined where it is used', () => {
    fc.assert(
      fc.property(documents(false), (text) => {
        const { depth, selections: count, aliases } = written(parse(text))
        fc.pre(count <= 1_000)
        expect(refusalOf(text, { depth, aliases })).toBeNull()
        if (depth > 0)
          expect(refusalOf(text, { depth: depth - 1, aliases })).toContain(`is ${depth} fields deep`)
        if (aliases > 0)
          expect(refusalOf(text, { depth, aliases: aliases - 1 })).toContain(`has ${aliases} aliases`)
      }),
    )
  })

  it('causes no other error, even if fragments form a circle', () => {
    fc.assert(fc.property(documents(true), (text) => void refusalOf(text, { depth: 3, aliases: 3 })))
  })

  it.each([
    ['1,000 fields', `{ ${'a '.repeat(1_000)} }`, null],
    [
      '1,001 fields',
      `{ ${'a '.repeat(1_001)} }`,
      'The operation has 1001 fields and fragments, and at most 1000 are allowed',
    ],
    ['50 operations', range(50, (index) => `query Q${index} { a }`), null],
    [
      '51 operations',
      range(51, (index) => `query Q${index} { a }`),
      'The document has 51 operations, and at most 50 are allowed',
    ],
    ['100 fragments', range(100, (index) => `fragment F${index} on T { a }`), null],
    [
      '101 fragments',
      range(101, (index) => `fragment F${index} on T { a }`),
      'The document has 101 fragments, and at most 100 are allowed',
    ],
    [
      'two fragments of one name 51 times',
      range(102, () => 'fragment F on T { a }'),
      'The document has 102 fragments',
    ],
    ['50 fields of one name', `{ ${'a { b } '.repeat(50)} }`, null],
    [
      '51 fields of one name at one place',
      `{ ${'a { b } ... { x: a { c } a { b } } '.repeat(25)} ... on T { a { d } } }`,
      'The document has 51 fields `a` at one place, and at most 50 are allowed',
    ],
    [
      '51 fields of one name within fields of one name',
      `{ ${'a { b { c } b { d } b { e } } '.repeat(17)} }`,
      'The document has 51 fields `b` at one place, and at most 50 are allowed',
    ],
    [
      '51 fields of one name in fragments on one type',
      range(51, (index) => `fragment F${index} on T { a { b } }`),
      'The document has 51 fields `a` at one place, and at most 50 are allowed',
    ],
    [
      '60 fields of one name at as many places',
      `{ ${range(60, (index) => `x${index}: a { b { c } }`)} }`,
      null,
    ],
    ['60 fields of one name without fields of their own', `{ ${'a '.repeat(60)} }`, null],
  ])('%s', (_what, text, refusal) => {
    if (refusal === null) expect(refusalOf(text)).toBeNull()
    else expect(refusalOf(text)).toContain(refusal)
  })

  it('is computed once for each fragment, however often it is used', () => {
    const twice = (levels: number) =>
      `{ ...F0 } ${range(levels, (index) => `fragment F${index} on T { ...F${index + 1} ...F${index + 1} }`)} fragment F${levels} on T { a }`
    expect(refusalOf(twice(8))).toBeNull()
    expect(refusalOf(twice(9))).toContain('has 1535 fields and fragments')
    expect(refusalOf(twice(90))).toContain('has more than 1000000000 fields and fragments')
  })
})

describe('the text of a document', () => {
  const nested = (count: number, open: string, close: string) =>
    `{ a(b: ${open.repeat(count)}${close.repeat(count)}) }`

  it.each([
    ['[', ']'],
    ['{c:', '}'],
  ])('may nest brackets 250 deep: %s', (open, close) => {
    expect(() => checkText(nested(248, open, close), 5_000)).not.toThrow()
    expect(() => checkText(nested(249, open, close), 5_000)).toThrow(
      'The document nests brackets 251 deep, and at most 250 are allowed; nest it less.',
    )
  })

  it('ignores brackets in strings and comments', () => {
    const brackets = '['.repeat(300)
    expect(() =>
      checkText(`{ a(b: "${brackets}", c: """${brackets}""") } # ${brackets}`, 5_000),
    ).not.toThrow()
  })

  it('with characters that GraphQL does not allow is a syntax error', () => {
    expect(() => checkText('{ a ? }', 5_000)).toThrow('Syntax Error: Unexpected character: "?".')
  })
})

function range(count: number, part: (index: number) => string): string {
  return Array.from({ length: count }, (_, index) => part(index)).join(' ')
}

const nested = (count: number, open: string, close: string) =>
  JSON.parse(`${open.repeat(count)}1${close.repeat(count)}`)

describe('the variables of an operation', () => {
  it.each([
    ['no variables', undefined],
    ['lists 251 deep', nested(251, '[', ']')],
    ['objects 251 deep', nested(251, '{"a":', '}')],
    ['a list of 10,000', { ids: Array(10_000).fill('x') }],
    ['an object of 100 fields', Object.fromEntries(Array.from({ length: 100 }, (_, index) => [index, 1]))],
    ['a long text', { name: 'x'.repeat(1_000_000) }],
  ])('may be %s', (_what, variables) => {
    expect(() => checkVariables(variables)).not.toThrow()
  })

  it.each([
    ['lists 252 deep', nested(252, '[', ']'), 'more than 250 deep'],
    ['objects 100,000 deep', nested(100_000, '{"a":', '}'), 'more than 250 deep'],
    [
      'a list of 10,001',
      { ids: Array(10_001).fill('x') },
      'A list of the variables has 10001 items, and at most 10000 are allowed',
    ],
    [
      'an object of 101 fields',
      { a: Object.fromEntries(Array.from({ length: 101 }, (_, index) => [index, 1])) },
      'An object of the variables has more than 100 fields',
    ],
  ])('may not be %s', (_what, variables, message) => {
    expect(() => checkVariables(variables)).toThrow(message)
  })
})
