import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { FAULT_NAMES } from '../../src/simulator/faults.ts'
import { ENDINGS } from '../netconf/faults/endings.ts'

const TABLE = readFileSync(join(import.meta.dirname, '../netconf/faults/README.md'), 'utf8')

/** Returns what a cell says about the first probe, without conditions: `SUPPORTED, then …`, `… if one is required`. */
function plain(cell: string): string {
  return cell.replace(/([,;]| if ).*$/, '')
}

it('lists each fault with the layer, the outcome and the phase that the tests expect', () => {
  const rows = Array.from(
    TABLE.matchAll(/^\| `([\w-]+)` \| (TCP|SSH|NETCONF) \| (.+?) \| (.+?) \|$/gm),
    ([, name, layer, outcome = '', phase = '']) => [name, layer, plain(outcome), plain(phase)],
  )
  const expected = Object.entries(ENDINGS).map(([name, { layer, outcome, phase }]) => [
    name,
    layer,
    outcome,
    [phase].flat().join(' or '),
  ])
  expect(rows).toEqual(expected)
  expect(rows.map(([name]) => name).sort()).toEqual([...FAULT_NAMES].sort())
})
