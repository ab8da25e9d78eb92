import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import packageJson from '../../package.json' with { type: 'json' }
import { BIN, NODE_FLAGS } from '../cli/run-rollcall.ts'

it.each(['start', 'demo', 'rollcall'] as const)(
  'npm run %s starts Node.js with the flags of the bin',
  (name) => {
    expect(NODE_FLAGS).toContain('--heap-growing-percent=50')
    expect(packageJson.scripts[name]).toMatch(new RegExp(`^node ${NODE_FLAGS.join(' ')} src/cli/bin.js`))
  },
)

it('the first line of the bin is no longer than what kernels before 5.1 read', () => {
  expect(readFileSync(BIN, 'utf8').indexOf('\n')).toBeLessThanOrEqual(127)
})

it('the bin keeps V8 from creating objects among the old ones', () => {
  const main = join(import.meta.dirname, '../../src/cli/main.ts')
  // V8 prints a line at each collection for which it looks whether it should.
  const flags = [...NODE_FLAGS, '--trace-pretenuring-statistics']
  const printedBy = (script: string) =>
    execFileSync(process.execPath, [...flags, script, '--help'], { encoding: 'utf8' })
  expect(printedBy(main)).toContain('pretenuring: ')
  expect(printedBy(BIN)).not.toContain('pretenuring: ')
})
