import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'

const TESTS = join(import.meta.dirname, '..')
const ROWS = Array.from(
  readFileSync(join(TESTS, 'README.md'), 'utf8').matchAll(/^\| (.+?) \| .+ \| `(.+?)`: (.+) \|$/gm),
  ([, fault = '', file = '', title = '']) => ({ fault, file, title }),
)

it('has a test for each fault that a gateway must survive', () => {
  const faults = ROWS.map(({ fault }) => fault).join('\n')
  for (const fault of [
    /kill -9/,
    /SIGTERM/,
    /disk/,
    /locked/,
    /clock/,
    /source hangs/,
    /log sink/,
    /webhook/,
  ]) {
    expect(faults).toMatch(fault)
  }
})

it.each(ROWS)('names a test that exists for "$fault"', ({ file, title }) => {
  expect(readFileSync(join(TESTS, file), 'utf8')).toContain(`'${title}`)
})
