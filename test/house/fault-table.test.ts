import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { FAULT_NAMES } from '../../src/simulator/behaviours.ts'
import { ENDINGS } from '../netconf/faults/endings.ts'

const CONTRIBUTING = readFileSync(join(import.meta.dirname, '../../CONTRIBUTING.md'), 'utf8')

/** What the table says of the first probe, without its conditions: `SUPPORTED, then …`, `… where one is required`. */
function plain(cell: string): string {
  return cell.replace(/([,;]| where ).*$/, '')
}

it('lists in CONTRIBUTING.md each fault with the layer, the outcome and the phase that the tests ask for', () => {
  const rows = Array.from(
    CONTRIBUTING.matchAll(/^\| `([\w-]+)` \| (TCP|SSH|NETCONF) \| (.+?) \| (.+?) \|$/gm),
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
