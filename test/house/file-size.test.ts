import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'

const ROOT = join(import.meta.dirname, '../..')
/** The formatter breaks code, but neither comments nor strings. */
const MAX_WIDTH = 110
const MAX_LINES = 400

const written = globSync('src/**/*.{ts,tsx,css}', { cwd: ROOT }).filter(
  (path) => !path.endsWith('api/generated.ts'),
)
const linesOf = (path: string) => readFileSync(join(ROOT, path), 'utf8').trimEnd().split('\n')

it('no line of src is longer than 110 characters', () => {
  const tooLong = written.flatMap((path) =>
    linesOf(path).flatMap((line, index) => (line.length > MAX_WIDTH ? [`${path}:${index + 1}`] : [])),
  )
  expect(tooLong).toEqual([])
  expect(written.length).toBeGreaterThan(300)
})

it('no file of src is longer than 400 lines', () => {
  expect(written.filter((path) => linesOf(path).length > MAX_LINES)).toEqual([])
})
