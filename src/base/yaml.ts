import {
  type Document,
  isAlias,
  isMap,
  isNode,
  isSeq,
  LineCounter,
  parseDocument,
  type ScalarTag,
} from 'yaml'
import { messageOf } from './errors.ts'
import { mergeMaps, nameOf } from './yaml-merge.ts'

/** The value of a YAML text, or what is wrong, as the predicate of a sentence about its file. */
export type ParsedYaml = { value: unknown } | { problem: string }

/**
 * Returns the line of the value at a path; of the innermost mapping or list around it if there is no such
 * value. Null if the document is empty.
 */
export type LineOf = (path: readonly PropertyKey[]) => number | null

/** Numbers that are more likely a text: with zeros in front, in another base, or with an exponent. */
const ODD_NUMBER: ScalarTag = {
  tag: 'tag:yaml.org,2002:str',
  default: true,
  test: /^[-+]?(?:0[\dox].*|\d+e[-+]?\d+)$/i,
  resolve: (written) => written,
}

/**
 * Parses YAML 1.2 with the merge keys of YAML 1.1. With `scalars: 'text'` every scalar except null stays the
 * text that was written, so a site named `0012` keeps its zeros. With `scalars: 'typed'` numbers and booleans
 * become values of their types, except numbers that would lose their spelling, such as `0042`.
 */
export function parseYaml(text: string, options: { scalars: 'text' | 'typed' }): ParsedYaml {
  const parsed = parse(text, options)
  return 'problem' in parsed ? parsed : { value: parsed.value }
}

/** Parses as `parseYaml` does with `scalars: 'typed'`, and tells where in the text each value is. */
export function parseLocatedYaml(text: string): { value: unknown; lineOf: LineOf } | { problem: string } {
  const parsed = parse(text, { scalars: 'typed' })
  if ('problem' in parsed) return parsed
  const { value, document, lineCounter } = parsed
  return {
    value,
    lineOf: (path) => {
      const offset = offsetOf(document, path)
      return offset === null ? null : lineCounter.linePos(offset).line
    },
  }
}

/** Returns the offset at which the key of a value, or the item of a list, begins. */
function offsetOf(document: Document, path: readonly PropertyKey[]): number | null {
  let node: unknown = document.contents
  let offset = document.contents?.range?.[0] ?? null
  for (const key of path) {
    if (isAlias(node)) node = node.resolve(document)
    if (isSeq(node)) {
      node = node.items[Number(key)]
      offset = rangeOf(node) ?? offset
    } else if (isMap(node)) {
      const pair = node.items.find((each) => nameOf(each.key) === key)
      node = pair?.value
      offset = rangeOf(pair?.key) ?? offset
    } else {
      return offset
    }
  }
  return offset
}

function rangeOf(node: unknown): number | undefined {
  return isNode(node) ? node.range?.[0] : undefined
}

type Parsed = { value: unknown; document: Document; lineCounter: LineCounter } | { problem: string }

function parse(text: string, options: { scalars: 'text' | 'typed' }): Parsed {
  try {
    return parseWhole(text, options)
  } catch (thrown) {
    if (!(thrown instanceof RangeError)) throw thrown
    return { problem: 'is not valid YAML: its lists and mappings are nested too deeply.' }
  }
}

function parseWhole(text: string, { scalars }: { scalars: 'text' | 'typed' }): Parsed {
  const lineCounter = new LineCounter()
  const document = parseDocument(text, {
    lineCounter,
    prettyErrors: false,
    // The library compares all keys of a mapping in pairs. `mergeMaps` finds repeated keys in linear time.
    uniqueKeys: false,
    ...(scalars === 'text'
      ? { schema: 'failsafe', customTags: ['null'] }
      : { schema: 'core', customTags: (tags) => [ODD_NUMBER, ...tags] }),
  })
  const problemAt = (offset: number, description: string) => {
    const { line, col } = lineCounter.linePos(offset)
    return { problem: `is not valid YAML at line ${line}, column ${col}: ${description}.` }
  }
  const [error] = document.errors
  if (error) {
    const { line } = lineCounter.linePos(error.pos[0])
    if (error.code === 'MULTIPLE_DOCS') {
      return {
        problem: `holds more than one YAML document; "---" at line ${line} begins another. Make them one.`,
      }
    }
    const isTabbed = /^ *\t/.test(text.split('\n', line).at(-1) ?? '')
    // The parser reports a tab, which nobody can see, as an error in the line after it.
    return problemAt(error.pos[0], isTabbed ? 'a tab indents it; use blanks' : withoutQuote(error.message))
  }
  const tag = document.warnings.find(({ code }) => code === 'TAG_RESOLVE_FAILED')
  // Ignored, the name of a variable in `!env NAME` would be taken for the value.
  if (tag && scalars === 'typed') {
    const description = 'a tag has no meaning here; write the value itself, in quotes if it begins with !'
    return problemAt(tag.pos[0], description)
  }
  const unmerged = mergeMaps(document)
  if (unmerged !== null) return problemAt(unmerged.offset, unmerged.description)
  try {
    return { value: document.toJS({ maxAliasCount: 100 }), document, lineCounter }
  } catch (thrown) {
    if (thrown instanceof RangeError) throw thrown
    // An alias has no anchor, or there are so many aliases that the library suspects an attack on memory.
    return { problem: `is not valid YAML: ${withoutQuote(messageOf(thrown))}.` }
  }
}

/**
 * Removes a quote of the text from a message of the parser, which may end in one. The text may hold a secret.
 */
function withoutQuote(message: string): string {
  return message.replace(/(?<=[\w)]): .*$|(?<=escape sequence) .*$/s, '').replace(/\.$/, '')
}
