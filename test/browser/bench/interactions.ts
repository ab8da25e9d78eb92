import type { Page } from 'playwright-core'

/** One input of a person, and when the page showed that it had come. */
interface Interaction {
  kind: string
  /** The event: `keydown`, `pointerup` and so on. */
  event: string
  /** Milliseconds from the input to the next paint, in steps of 8. */
  durationMs: number
  /** The parts of it: before the handlers, in them, and from them to the paint. */
  delayMs: number
  handlersMs: number
  paintMs: number
}

export interface InteractionTimes {
  kind: string
  /** One duration for each interaction. */
  durations: number[]
  /** The slowest, for somebody who looks for the reason. */
  slowest: Interaction | null
}

/** An interaction that took less is not reported by Chromium, and is counted as this long. */
const SHORTEST_MS = 16

/** Between two inputs of somebody who is quick. */
const PAUSE_MS = 80

declare global {
  interface Window {
    interactions: { startTime: number; id: number; event: string; parts: number[] }[]
  }
  interface Performance {
    readonly interactionCount: number
  }
}

/** Has the page note each interaction by Event Timing, from its first script on. */
export async function noteInteractions(page: Page): Promise<void> {
  await page.addInitScript(() => {
    window.interactions = []
    new PerformanceObserver((list) => {
      for (const entry of list.getEntries() as PerformanceEventTiming[]) {
        const { interactionId: id, name: event, startTime, processingStart, processingEnd, duration } = entry
        if (!id) continue
        const end = startTime + duration
        const parts = [
          duration,
          processingStart - startTime,
          processingEnd - processingStart,
          end - processingEnd,
        ]
        window.interactions.push({ startTime, id, event, parts })
      }
    }).observe({ type: 'event', durationThreshold: 16, buffered: true } as PerformanceObserverInit)
  })
}

/** Does as somebody who works with the table, `rounds` times, and returns how soon the page answered. */
export async function interact(page: Page, rounds: number): Promise<InteractionTimes[]> {
  const times = KINDS.map((kind): InteractionTimes => ({ kind: kind.name, durations: [], slowest: null }))
  for (let round = 0; round < rounds; round += 1) {
    for (const [index, { name, act }] of KINDS.entries()) {
      const before = await page.evaluate(() => [performance.now(), performance.interactionCount] as const)
      await act(page, round)
      // The last of them has been painted, and its entry delivered.
      await page.waitForTimeout(500)
      const found = await page.evaluate(
        ([since, count]) => ({
          reported: window.interactions.filter(({ startTime }) => startTime >= since),
          count: performance.interactionCount - count,
        }),
        before,
      )
      const of = times[index]
      if (!of) continue
      const longest = new Map<number, Interaction>()
      for (const { id, event, parts } of found.reported) {
        const [durationMs = 0, delayMs = 0, handlersMs = 0, paintMs = 0] = parts
        if ((longest.get(id)?.durationMs ?? 0) >= durationMs) continue
        longest.set(id, { kind: name, event, durationMs, delayMs, handlersMs, paintMs })
      }
      of.durations.push(...[...longest.values()].map(({ durationMs }) => durationMs))
      for (let short = longest.size; short < found.count; short += 1) of.durations.push(SHORTEST_MS)
      for (const each of longest.values()) {
        if (each.durationMs > (of.slowest?.durationMs ?? 0)) of.slowest = each
      }
    }
  }
  return times
}

const pause = (page: Page) => page.waitForTimeout(PAUSE_MS)

async function press(page: Page, key: string, times = 1): Promise<void> {
  for (let count = 0; count < times; count += 1) {
    await page.keyboard.press(key)
    await pause(page)
  }
}

async function settled(page: Page): Promise<void> {
  await page.locator('.device-rows .device-row a').first().waitFor()
}

const box = (page: Page, position: number) =>
  page.locator('.device-rows .device-row').nth(position).getByRole('checkbox')

const KINDS: readonly { name: string; act: (page: Page, round: number) => Promise<void> }[] = [
  {
    name: 'typing in the search',
    async act(page, round) {
      await page.getByLabel('Filter devices').click()
      await page.keyboard.type(`router-00${round % 9}1`, { delay: PAUSE_MS })
      await pause(page)
      await press(page, 'Backspace', 4)
      await settled(page)
      await press(page, 'Escape')
      await settled(page)
    },
  },
  {
    name: 'sorting',
    async act(page) {
      for (const title of ['Site', 'Probed', 'Address', 'Name']) {
        await page.getByRole('columnheader', { name: title }).getByRole('button').click()
        await settled(page)
        await pause(page)
      }
    },
  },
  {
    name: 'filters and menus',
    async act(page) {
      await page.getByRole('button', { name: 'Filter', exact: true }).click()
      await page.getByRole('menuitem', { name: 'Outcome' }).click()
      await pause(page)
      await page.keyboard.type('timeout', { delay: PAUSE_MS })
      await press(page, 'Enter')
      await page.getByRole('button', { name: 'Remove outcome:timeout' }).click()
      await settled(page)
      for (const name of ['Views', 'Columns', 'Export']) {
        await page.getByRole('button', { name }).click()
        await pause(page)
        await press(page, 'Escape')
      }
    },
  },
  {
    name: 'selecting rows and ranges',
    async act(page) {
      for (const position of [2, 3, 5]) {
        await box(page, position).click()
        await pause(page)
      }
      await box(page, 15).click({ modifiers: ['Shift'] })
      await pause(page)
      // Thousands of rows between, most of which nobody has scrolled to.
      await page.locator('.device-scroller').evaluate((element) => element.scrollTo(0, 100_000))
      await settled(page)
      await box(page, 15).click({ modifiers: ['Shift'] })
      await page.getByText(/^\d,\d+ selected$/).waitFor()
      await page.getByRole('button', { name: 'Clear selection' }).click()
      await pause(page)
      await page.getByRole('button', { name: /^Select all/ }).click()
      await pause(page)
      await page.getByRole('button', { name: 'Clear selection' }).click()
      await page.locator('.device-scroller').evaluate((element) => element.scrollTo(0, 0))
      await settled(page)
    },
  },
  {
    name: 'rows and pages by keys',
    async act(page) {
      await page.locator('.device-scroller').focus()
      await press(page, 'j', 10)
      await press(page, 'x', 2)
      await press(page, 'k', 5)
      await press(page, 'PageDown', 6)
      await press(page, 'PageUp', 3)
      await press(page, 'End')
      await settled(page)
      await press(page, 'Home')
      await settled(page)
    },
  },
]
