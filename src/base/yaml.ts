import { LineCounter, parseDocument } from 'yaml'
import { messageOf } from './errors.ts'
import { isSameKey, mergeMaps } from './yaml-merge.ts'

/** The value of a YAML text, or a predicate for a sentence about the file that it came from. */
export type ParsedYaml = { value: unknown } | { problem: string }

/**
 * Parses YAML 1.2, with the merge keys of YAML 1.1. With `scalars: 'text'` every scalar but null stays the text that was
 * written, so that a site named `0012` keeps its zeros; with `scalars: 'typed'` numbers and booleans are told apart from
 * text.
 */
export function parseYaml(text: string, options: { scalars: 'text' | 'typed' }): ParsedYaml {
  try {
    return parse(text, options)
  } catch (thrown) {
    if (!(thrown instanceof RangeError)) throw thrown
    return { problem: 'is not valid YAML: its lists and mappings are nested too deeply.' }
  }
}

function parse(text: string, { scalars }: { scalars: 'text' | 'typed' }): ParsedYaml {
  const lineCounter = new LineCounter()
  const document = parseDocument(text, {
    lineCounter,
    prettyErrors: false,
    uniqueKeys: isSameKey,
    ...(scalars === 'text' ? { schema: 'failsafe', customTags: ['null'] } : { schema: 'core' }),
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
    // The parser takes a line after a tab for the end of the one before, which nobody can see.
    return problemAt(error.pos[0], isTabbed ? 'a tab indents it; use blanks' : withoutQuote(error.message))
  }
  const unmerged = mergeMaps(document)
  if (unmerged !== null) return problemAt(unmerged.offset, unmerged.description)
  try {
    return { value: document.toJS({ maxAliasCount: 100 }) }
  } catch (thrown) {
    if (thrown instanceof RangeError) throw thrown
    // An alias without its anchor, or so many that they are taken for an attack on our memory.
    return { problem: `is not valid YAML: ${withoutQuote(messageOf(thrown))}.` }
  }
}

/** The parser's messages may end in a part of the text, which may be a secret: behind a colon, or as an escape sequence. */
function withoutQuote(message: string): string {
  return message.replace(/(?<=[\w)]): .*$|(?<=escape sequence) .*$/s, '').replace(/\.$/, '')
}
