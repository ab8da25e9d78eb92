import { expect, it } from 'vitest'
import { readable } from '../../src/console/lib/readable-path.ts'

it.each([
  ['/', '/'],
  ['/countries/100%25/sites/C%2FD', '/countries/100%25/sites/C%2FD'],
  ['/countries/%E0%A4%A', '/countries/%25E0%25A4%25A'],
  ['/regions/%', '/regions/%25'],
  ['//evil.example//countries/', '/evil.example/countries/'],
])('reads the path %s as %s', (path, expected) => {
  expect(readable(path)).toBe(expected)
})
