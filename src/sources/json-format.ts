import { WrittenNumber } from '../inventory/parsed-values.ts'
import type { Inventory } from '../inventory/record.ts'
import { readDocument } from './document.ts'
import { describeJsonError, type JsonError } from './json-error.ts'
import { countKeys, scanJson } from './json-scan.ts'
import type { ReadOptions } from './read-options.ts'
import { RecordIntake } from './record-intake.ts'
import { sourceFailure } from './source-failure.ts'
import { linesOf, TRUNCATED, wholeText } from './texts.ts'

/** Reads one JSON document: a list of records, or the hierarchy. */
export async function readJson(texts: AsyncIterable<string>, options: ReadOptions): Promise<Inventory> {
  const text = await wholeText(texts, options)
  if (text.trim() === '')
    throw sourceFailure(options.subject, 'is empty; an inventory without devices is [].')
  const parsed = parseJson(text)
  if ('error' in parsed) throw sourceFailure(options.subject, jsonProblem(parsed.error))
  return readDocument(parsed.value, options)
}

/**
 * Reads one JSON record from each line that is not blank. A line that is not JSON is set aside, unless all
 * are.
 */
export async function readNdjson(
  texts: AsyncIterable<string>,
  { rules, subject }: ReadOptions,
): Promise<Inventory> {
  const intake = new RecordIntake(subject, rules)
  let lineNumber = 0
  let parsedAny = false
  let firstProblem: string | null = null
  for await (const { lines, isOpen } of linesOf(texts, subject)) {
    for (const line of lines) {
      lineNumber += 1
      if (line.trim() === '') continue
      const parsed = parseJson(line)
      if ('value' in parsed) {
        parsedAny = true
        intake.add(parsed.value)
        continue
      }
      if (isOpen && parsedAny) throw sourceFailure(subject, TRUNCATED)
      const { column, description } = parsed.error
      firstProblem ??= jsonProblem({ ...parsed.error, line: lineNumber })
      intake.reject(`Line ${lineNumber} is not valid JSON at column ${column}: ${description}.`)
    }
  }
  if (firstProblem !== null && !parsedAny) throw sourceFailure(subject, firstProblem)
  return intake.finish()
}

/** Returns the predicate of a sentence about a text that is not JSON. */
export function jsonProblem({ line, column, description }: JsonError): string {
  return `is not valid JSON at line ${line}, column ${column}: ${description}.`
}

/**
 * Parses a JSON text. A repeated key in an object is an error, because JSON.parse would keep only its last
 * value. Numbers that JavaScript would write differently become a `WrittenNumber`. /
 */
export function parseJson(text: string): { value: unknown } | { error: JsonError } {
  const { keys, hasOddNumbers } = scanJson(text)
  try {
    // The parser is several times slower if it must report how each number was written.
    const value: unknown = hasOddNumbers ? JSON.parse(text, keepDigits) : JSON.parse(text)
    // The parsed value has a repeated key only once.
    return countKeys(value) === keys ? { value } : { error: describeJsonError(text) }
  } catch (thrown) {
    if (thrown instanceof RangeError) return { error: { line: 1, column: 1, description: TOO_DEEP } }
    if (!(thrown instanceof SyntaxError)) throw thrown
    return { error: describeJsonError(text) }
  }
}

const TOO_DEEP = 'lists and objects are nested too deeply'

function keepDigits(_key: string, value: unknown, { source }: { source?: string } = {}): unknown {
  if (typeof value !== 'number' || source === undefined || String(value) === source) return value
  return new WrittenNumber(source)
}
