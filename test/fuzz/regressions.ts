import { createHash } from 'node:crypto'
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** An input that once broke a parser; replayed by the unit tests ever after. */
export interface Regression {
  target: string
  /** What was broken. */
  why: string
  /** Base64. */
  bytes: string
  cuts: number[]
}

const FOLDER = join(import.meta.dirname, '../netconf/regressions')

export function readRegressions(): { name: string; regression: Regression }[] {
  return readdirSync(FOLDER)
    .filter((name) => name.endsWith('.json'))
    .sort()
    .map((name) => ({ name, regression: JSON.parse(readFileSync(join(FOLDER, name), 'utf8')) }))
}

/** Returns the path of the new case. */
export function keepRegression(regression: Regression): string {
  mkdirSync(FOLDER, { recursive: true })
  const digest = createHash('sha256').update(regression.bytes).digest('hex').slice(0, 12)
  const path = join(FOLDER, `${regression.target}-${digest}.json`)
  writeFileSync(path, `${JSON.stringify(regression, null, 2)}\n`)
  return path
}
