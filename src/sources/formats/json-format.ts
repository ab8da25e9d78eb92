import { WrittenNumber } from '../../inventory/parsed-values.ts'
import type { Inventory } from '../../inventory/record.ts'
import { sourceFailure } from '../source.ts'
import { readDocument } from './document.ts'
import { describeJsonError, type JsonError, placeIn } from './json-error.ts'
import { countKeys, scanJson } from './json-scan.ts'
import { RecordIntake } from './record-intake.ts'
import { type FormatOptions, linesOf, TRUNCATED, wholeText } from './texts.ts'

/** The objects of a hierarchy that have countries, sites and devices as keys. */
const HIERARCHY_LEVELS = 3

/** Reads one JSON document: a list of records, or the hierarchy. */
export async function readJson(texts: AsyncIterable<string>, options: FormatOptions): Promise<Inventory> {
  const text = await wholeText(texts, options)
  if (text.trim() === '')
    throw sourceFailure(options.subject, 'is empty; an inventory without devices is [].')
  const parsed = parseJson(text, { unboundedLevels: HIERARCHY_LEVELS })
  if ('error' in parsed) throw sourceFailure(options.subject, jsonProblem(parsed.error))
  return readDocument(parsed.value, options)
}

/**
 * Reads one JSON record from each line that is not blank. A line that is not JSON is set aside, unless all
 * are.
 */
export async function readNdjson(
  texts: AsyncIterable<string>,
  { rules, subject }: FormatOptions,
): Promise<Inventory> {
  const intake = new RecordIntake(subject, rules)
  let lineNumber = 0
  let parsedAny = false
  let firstProblem: string | null = null
  for await (const { lines, isOpen } of linesOf(texts, subject)) {
    for (const line of lines) {
      if (intake.turn.isOver) await intake.turn.next()
      lineNumber += 1
      if (line.trim() === '') continue
      const parsed = parseJson(line)
      if ('value' in parsed) {
        parsedAny = true
        intake.add(parsed.value)
        continue
      }
      if (isOpen && parsedAny) throw sourceFailure(subject, TRUNCATED)
      const { summary, column, description } = parsed.error
      firstProblem ??= jsonProblem({ ...parsed.error, line: lineNumber })
      intake.reject(`Line ${lineNumber} ${summary} at column ${column}: ${description}.`)
    }
  }
  if (firstProblem !== null && !parsedAny) throw sourceFailure(subject, firstProblem)
  return intake.finish()
}

/** The place at which a text cannot be used, and the reason. */
export interface JsonProblem extends JsonError {
  summary: 'is not valid JSON' | 'is too complex'
}

/** Returns the predicate of a sentence about a text that cannot be used. */
export function jsonProblem({ summary, line, column, description }: JsonProblem): string {
  return `${summary} at line ${line}, column ${column}: ${description}.`
}

/**
 * Parses a JSON text. A repeated key in an object is an error, because JSON.parse would keep only its last
 * value. Numbers that JavaScript would write differently become a `WrittenNumber`.
 *
 * @param unboundedLevels the number of outer levels of objects that may have any number of keys, outside of
 * lists
 */
export function parseJson(
  text: string,
  { unboundedLevels = 0 } = {},
): { value: unknown } | { error: JsonProblem } {
  const { keys, hasOddNumbers, excess } = scanJson(text, { unboundedLevels })
  if (excess !== null) {
    const { offset, description } = excess
    return { error: { summary: 'is too complex', ...placeIn(text, offset), description } }
  }
  try {
    // The parser is several times slower if it must report how each number was written.
    const value: unknown = hasOddNumbers ? JSON.parse(text, keepDigits) : JSON.parse(text)
    // The parsed value has a repeated key only once.
    if (countKeys(value) === keys) return { value }
  } catch (thrown) {
    if (!(thrown instanceof SyntaxError)) throw thrown
  }
  return { error: { summary: 'is not valid JSON', ...describeJsonError(text) } }
}

function keepDigits(_key: string, value: unknown, { source }: { source?: string } = {}): unknown {
  if (typeof value !== 'number' || source === undefined || String(value) === source) return value
  return new WrittenNumber(source)
}
