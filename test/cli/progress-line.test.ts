import { stripVTControlCharacters } from 'node:util'
import { describe, expect, it, vi } from 'vitest'
import { colorsOf } from '../../src/cli/colors.ts'
import { progressBar, progressText } from '../../src/cli/progress-line.ts'
import { outcomeTable } from '../../src/cli/refresh-watch.ts'
import type { RefreshProgress } from '../../src/refresh/progress.ts'
import { FakeTerminal } from './fake-terminal.ts'

const PROGRESS: RefreshProgress = {
  refreshId: 1,
  state: 'PROBING',
  total: 1_000,
  done: 500,
  inFlight: 31,
  byOutcome: { SUPPORTED: 490, TIMEOUT: 8, SKIPPED: 2 },
  elapsedMs: 12_800,
  etaMs: 12_345,
  probesPerSecond: 39.4,
  pausedBecause: null,
}

const plain = (_color: string, text: string) => text
const barAt = (width: number, progress: Partial<RefreshProgress> = {}, leftMs: number | null = 12_345) =>
  progressBar({ ...PROGRESS, ...progress }, { width, leftMs, paint: plain })

describe('the progress of a refresh', () => {
  it.each([
    [
      119,
      '[###############...............]  PROBING   500/1000  12 s   31 in flight   39/s  about 12 s left',
    ],
    [79, '[#######.......]  PROBING   500/1000  12 s   39/s  about 12 s left'],
    [39, '[###...]   500/1000  about 12 s left'],
    [20, ' 500/1000'],
  ])('fits in %i columns, without its least important parts', (width, line) => {
    expect(barAt(width)).toBe(line)
  })

  it('never exceeds the width', () => {
    const paused = { pausedBecause: 'The database /srv/rollcall/rollcall.db is locked by another process.' }
    for (let width = 1; width <= 130; width += 1) {
      for (const progress of [{}, paused, { state: 'COMPLETED', done: 1_000 } as const]) {
        expect(barAt(width, progress, 4_000_000).length).toBeLessThanOrEqual(width)
      }
    }
    expect(barAt(39, paused)).toBe(' 500/1000  paused: The database /srv/r…')
  })

  it('keeps its columns while the numbers grow', () => {
    const places = [
      barAt(79, { done: 9, inFlight: 200, probesPerSecond: 5, elapsedMs: 31_900 }),
      barAt(79, { done: 989, inFlight: 9, probesPerSecond: 120, elapsedMs: 32_000 }),
    ].map((line) => [line.indexOf(']'), line.indexOf('/1000'), line.indexOf('/s'), line.indexOf('about')])
    expect(places[0]).toEqual(places[1])
  })

  it('is complete in a log', () => {
    expect(progressText(PROGRESS, 65_000)).toBe(
      'PROBING   500/1000  12 s   31 in flight   39/s  about 1 min 5 s left',
    )
  })
})

describe('colors', () => {
  const terminal = new FakeTerminal(80)
  const shown = () => {
    const paint = colorsOf(terminal)
    return `${progressBar(PROGRESS, { width: 79, leftMs: null, paint })}\n${outcomeTable(PROGRESS, paint)}`
  }

  it('distinguish outcomes on a terminal, and change no text', () => {
    vi.stubEnv('NO_COLOR', undefined)
    vi.stubEnv('FORCE_COLOR', undefined)
    const colored = shown()
    expect(colored).toContain('[\x1b[32m#######\x1b[39m.......]')
    expect(colored).toContain('\n\x1b[32mSUPPORTED\x1b[39m  490\n')
    expect(colored).toContain('\n\x1b[31mTIMEOUT\x1b[39m    8\n')
    vi.stubEnv('NO_COLOR', '1')
    expect(shown()).toBe(stripVTControlCharacters(colored))
    vi.unstubAllEnvs()
  })
})
