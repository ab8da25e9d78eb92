import fc from 'fast-check'
import { expect, test } from 'vitest'
import { describeJsonError } from '../../src/sources/json-error.ts'

test.each([
  ['', 1, 1, 'the text ends where a value must'],
  ['nope', 1, 1, '"nope" stands where a value must'],
  ['[{"a": 1},]', 1, 11, '"]" stands where a value must'],
  ['[\n  1,\n  2', 3, 4, 'the text ends where "," or "]" must'],
  ['[1 2]', 1, 4, '"2" stands where "," or "]" must'],
  ['[01]', 1, 2, '"01" stands where a value or "]" must'],
  ['[1]\n]', 2, 1, '"]" stands where the end must'],
  ['{"a": }', 1, 7, '"}" stands where a value must'],
  ['{"a": 1,}', 1, 9, '"}" stands where a key in double quotes must'],
  ["{'a': 1}", 1, 2, 'a single quote stands where a key in double quotes or "}" must'],
  ['{"a" 1}', 1, 6, '"1" stands where ":" must'],
  ['{"a": 1 "b": 2}', 1, 9, 'a string stands where "," or "}" must'],
  ['["a\nb"]', 1, 2, 'a string is not closed, or has a line break or a wrong escape in it'],
  ['["\\x"]', 1, 2, 'a string is not closed, or has a line break or a wrong escape in it'],
])('%j', (text, line, column, description) => {
  expect(describeJsonError(text)).toEqual({ line, column, description })
})

test('finds nothing before the end of what is JSON', () => {
  fc.assert(
    fc.property(fc.json({ stringUnit: 'binary' }), (text) => {
      expect(describeJsonError(text)).toMatchObject({ line: 1, column: text.length + 1 })
    }),
  )
})

test('agrees with JSON.parse on where the error is, where that tells', () => {
  fc.assert(
    fc.property(fc.json(), fc.nat(), fc.constantFrom('', ',', ':', '[', '}', '7'), (json, at, inserted) => {
      const offset = at % json.length
      const text = json.slice(0, offset) + inserted + json.slice(offset + 1)
      const position = positionByParse(text)
      if (position === null) return
      const { column, description } = describeJsonError(text)
      // A broken string or word is told where it begins; JSON.parse tells where it breaks.
      if (/^a string is|^"[\w.+-]/.test(description)) expect(column).toBeLessThanOrEqual(position + 1)
      else expect(column).toBe(position + 1)
    }),
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
