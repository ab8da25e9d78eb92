import { LineCounter, parseDocument } from 'yaml'
import { messageOf } from './errors.ts'

/** The value of a YAML text, or a predicate for a sentence about the file that it came from. */
export type ParsedYaml = { value: unknown } | { problem: string }

/**
 * Parses YAML 1.2. With `scalars: 'text'` every scalar but null stays the text that was written, so that a site named
 * `0012` keeps its zeros; with `scalars: 'typed'` numbers and booleans are told apart from text.
 */
export function parseYaml(text: string, { scalars }: { scalars: 'text' | 'typed' }): ParsedYaml {
  const lineCounter = new LineCounter()
  const document = parseDocument(text, {
    lineCounter,
    prettyErrors: false,
    ...(scalars === 'text' ? { schema: 'failsafe', customTags: ['null'] } : { schema: 'core' }),
  })
  const [error] = document.errors
  if (error) {
    const { line, col } = lineCounter.linePos(error.pos[0])
    if (error.code === 'MULTIPLE_DOCS') {
      return {
        problem: `holds more than one YAML document; "---" at line ${line} begins another. Make them one.`,
      }
    }
    const isTabbed = /^ *\t/.test(text.split('\n', line).at(-1) ?? '')
    // The parser takes a line after a tab for the end of the one before, which nobody can see.
    const reason = isTabbed ? 'a tab indents it; use blanks' : error.message.replace(/\.$/, '')
    return { problem: `is not valid YAML at line ${line}, column ${col}: ${reason}.` }
  }
  try {
    return { value: document.toJS({ maxAliasCount: 100 }) }
  } catch (thrown) {
    // An alias without its anchor, or so many that they are taken for an attack on our memory.
    return { problem: `is not valid YAML: ${messageOf(thrown)}.` }
  }
}
