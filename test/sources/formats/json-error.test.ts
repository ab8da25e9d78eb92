import fc from 'fast-check'
import { expect, test } from 'vitest'
import { describeJsonError } from '../../../src/sources/formats/json-error.ts'
import { propertyRuns } from '../../support/property-runs.ts'

const REPEATED = 'a key stands for the second time in its object'

test.each([
  ['', 1, 1, 'the text ends where a value must'],
  ['nope', 1, 1, 'a word without quotes stands where a value must'],
  ['[{"a": 1},]', 1, 11, '"]" stands where a value must'],
  ['[\n  1,\n  2', 3, 4, 'the text ends where "," or "]" must'],
  ['[1 2]', 1, 4, 'a number stands where "," or "]" must'],
  ['[01]', 1, 2, 'a number stands where a value or "]" must'],
  ['[1]\n]', 2, 1, '"]" stands where the end must'],
  ['{"a": }', 1, 7, '"}" stands where a value must'],
  ['{"a": 1,}', 1, 9, '"}" stands where a key in double quotes must'],
  ["{'a': 1}", 1, 2, 'a single quote stands where a key in double quotes or "}" must'],
  ['{"a" 1}', 1, 6, 'a number stands where ":" must'],
  ['{"a": 1 "b": 2}', 1, 9, 'a string stands where "," or "}" must'],
  ['["a\nb"]', 1, 2, 'a string is not closed, or has a line break or a wrong escape in it'],
  ['["\\x"]', 1, 2, 'a string is not closed, or has a line break or a wrong escape in it'],
  ['[None]', 1, 2, '"None" stands where a value or "]" must'],
  ['{"a": -Infinity}', 1, 7, '"-Infinity" stands where a value must'],
  ['{"a": NaNa}', 1, 7, 'a word without quotes stands where a value must'],
  ['{"password": "S3cret"Comma99"}', 1, 22, 'a word without quotes stands where "," or "}" must'],
  ['{"password": "S3cret"#99"}', 1, 22, '"#" stands where "," or "}" must'],
  ['{"a": 1,\n "b": {"c": 2, "d": [{"e": 3}, {"e": 4}], "c": 5}}', 2, 43, REPEATED],
  ['{"a": 1, "\\u0061": 2}', 1, 10, REPEATED],
])('%j', (text, line, column, description) => {
  expect(describeJsonError(text)).toEqual({ line, column, description })
})

test('finds no error before the end of valid JSON', () => {
  fc.assert(
    fc.property(fc.json({ stringUnit: 'binary' }), (text) => {
      expect(describeJsonError(text)).toMatchObject({ line: 1, column: text.length + 1 })
    }),
    { numRuns: propertyRuns(30) },
  )
})

test('agrees with JSON.parse on the place of the error, if that reports one', () => {
  fc.assert(
    fc.property(fc.json(), fc.nat(), fc.constantFrom('', ',', ':', '[', '}', '7'), (json, at, inserted) => {
      const offset = at % json.length
      const text = json.slice(0, offset) + inserted + json.slice(offset + 1)
      const position = positionByParse(text)
      if (position === null) return
      const { column, description } = describeJsonError(text)
      // A broken string or word is told where it begins; JSON.parse tells where it breaks.
      if (description === REPEATED || /^a string is|^a number|^a word|^"\w/.test(description))
        expect(column).toBeLessThanOrEqual(position + 1)
      else expect(column).toBe(position + 1)
    }),
    { numRuns: propertyRuns(30) },
  )
})

function positionByParse(text: string): number | null {
  try {
    JSON.parse(text)
    return null
  } catch (thrown) {
    const [, position] = /at position (\d+)/.exec(String(thrown)) ?? []
    return position === undefined ? null : Number(position)
  }
}
