import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { ROOT, readDocument } from './markdown.ts'

/** The text of what a gateway consists of; the console logs nothing. */
const SOURCES = readdirSync(join(ROOT, 'src'), { recursive: true, encoding: 'utf8' })
  .filter((path) => path.endsWith('.ts') && !path.startsWith('console'))
  .map((path) => readFileSync(join(ROOT, 'src', path), 'utf8'))

const EVENT = "event: '([a-z_]+\\.[a-z_]+)'"

/** Returns the levels of each event of the table in docs/logs.md. */
function documentedEvents(): Map<string, string[]> {
  const rows = readDocument('docs/logs.md').matchAll(/^\| `([a-z_]+\.[a-z_]+)` \| ([a-z, ]+) \|/gm)
  return new Map([...rows].map(([, event = '', levels = '']) => [event, levels.split(', ')]))
}

describe('the events of the log', () => {
  it('are those that docs/logs.md lists', () => {
    const logged = SOURCES.flatMap((text) =>
      [...text.matchAll(new RegExp(EVENT, 'g'))].map(([, event]) => event),
    )
    expect(logged.length).toBeGreaterThan(60)
    expect([...new Set(logged)].sort()).toEqual([...documentedEvents().keys()].sort())
  })

  it('have the levels that docs/logs.md says', () => {
    const calls = SOURCES.flatMap((text) => [
      ...text.matchAll(new RegExp(`\\.(error|warn|info|debug)\\(\\s*\\{\\s*${EVENT}`, 'g')),
    ])
    expect(calls.length).toBeGreaterThan(60)
    const documented = documentedEvents()
    const others = calls.filter(([, level = '', event = '']) => !documented.get(event)?.includes(level))
    expect(others.map(([, level, event]) => `${event} ${level}`)).toEqual([])
  })
})
