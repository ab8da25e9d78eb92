import { appendFileSync, truncateSync } from 'node:fs'
import { appendFile, rename, stat, utimes, writeFile } from 'node:fs/promises'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import type { Inventory } from '../../src/inventory/record.ts'
import { HandClock } from '../support/hand-clock.ts'
import { writeSettled } from '../support/settled-file.ts'
import { checked, fra, never, tyo, useInventoryFiles } from './support/inventory-file.ts'

const files = useInventoryFiles()

test('the file is read again at every fetch', async () => {
  const source = files.sourceOf('a.json')
  await writeSettled(files.pathOf('a.json'), JSON.stringify([fra]))
  expect((await source.fetch(never)).records).toEqual(checked.slice(0, 1))
  await writeSettled(files.pathOf('a.json'), JSON.stringify([fra, tyo]))
  expect((await source.fetch(never)).records).toEqual(checked)
})

describe('a file that is being written', () => {
  const line = (name: string) => `${JSON.stringify({ ...fra, name, address: name })}\n`
  const names = ({ records }: Inventory) => records.map(({ name }) => name)
  /** Resolves once the source waits. */
  const untilWaiting = async (clock: HandClock) => {
    for (let turns = 0; clock.timers === 0 && turns < 100_000; turns += 1) await nextTurn()
    expect(clock.timers).toBe(1)
  }

  test('is read when nobody has written to it for two seconds', async () => {
    const path = files.pathOf('a.ndjson')
    await writeFile(path, line('a'))
    const { mtimeMs } = await stat(path)
    const clock = new HandClock(mtimeMs + 500)
    const fetching = files.sourceOf('a.ndjson', {}, clock).fetch(never)
    await untilWaiting(clock)
    clock.advance(1_400)
    expect(clock.timers).toBe(1)
    clock.advance(101)
    expect(names(await fetching)).toEqual(['a'])
  })

  test('is waited for again if more is written, even if the clock of its server is ahead', async () => {
    const path = files.pathOf('a.ndjson')
    const clock = new HandClock(Date.now() - 3_600_000)
    await writeFile(path, line('a'))
    const fetching = files.sourceOf('a.ndjson', {}, clock).fetch(never)
    await untilWaiting(clock)
    await appendFile(path, line('b'))
    clock.advance(2_000)
    await untilWaiting(clock)
    clock.advance(2_000)
    expect(names(await fetching)).toEqual(['a', 'b'])
  })

  test('is read at once if it was renamed when it was complete', async () => {
    const written = new Date(Date.now() - 1_000)
    await writeFile(files.pathOf('draft'), line('a'))
    await utimes(files.pathOf('draft'), written, written)
    await rename(files.pathOf('draft'), files.pathOf('a.ndjson'))
    const clock = new HandClock(written.getTime() + 500)
    expect(names(await files.sourceOf('a.ndjson', {}, clock).fetch(never))).toEqual(['a'])
  })

  test('fails if it does not settle', async () => {
    const path = files.pathOf('a.ndjson')
    const clock = new HandClock(Date.now() - 3_600_000)
    await writeFile(path, line('a'))
    const fetching = files.sourceOf('a.ndjson', {}, clock).fetch(never)
    for (let waits = 0; waits < 15; waits += 1) {
      await untilWaiting(clock)
      await appendFile(path, line('b'))
      clock.advance(2_000)
    }
    await expect(fetching).rejects.toMatchObject({
      code: 'SOURCE_FAILED',
      message:
        'a.ndjson is still being written after 30 s; have it written under another name and renamed when it is complete.',
    })
  })

  test('is not waited for after the fetch is aborted', async () => {
    const clock = new HandClock(Date.now())
    await writeFile(files.pathOf('a.ndjson'), line('a'))
    const controller = new AbortController()
    const fetching = files.sourceOf('a.ndjson', {}, clock).fetch(controller.signal)
    await untilWaiting(clock)
    const reason = new Error('The gateway is closing.')
    controller.abort(reason)
    await expect(fetching).rejects.toBe(reason)
    expect(clock.timers).toBe(0)
  })

  test.each<[string, string, (path: string) => void]>([
    ['more is written to it', 'a.ndjson', (path) => appendFileSync(path, line('b'))],
    ['it becomes shorter', 'a.ndjson', (path) => truncateSync(path, 0)],
    ['what is there cannot be read', 'a.json', (path) => appendFileSync(path, '[')],
  ])('fails if, while it is read, %s', async (_, file, change) => {
    await writeSettled(files.pathOf(file), line('a'))
    // The age of the file is asked for between its opening and its reading.
    const clock = new HandClock()
    clock.now = () => {
      change(files.pathOf(file))
      return Date.now()
    }
    await expect(files.sourceOf(file, {}, clock).fetch(never)).rejects.toMatchObject({
      code: 'SOURCE_FAILED',
      message: `${file} was written to while it was read; have it written under another name and renamed when it is complete, and sync again.`,
    })
  })

  test('may be replaced while it is read', async () => {
    await writeSettled(files.pathOf('a.ndjson'), line('a'))
    await writeSettled(files.pathOf('b'), line('b'))
    const source = files.sourceOf('a.ndjson')
    const fetching = source.fetch(never)
    await rename(files.pathOf('b'), files.pathOf('a.ndjson'))
    expect(names(await fetching)).toHaveLength(1)
    expect(names(await source.fetch(never))).toEqual(['b'])
  })

  test.each([
    ['a.ndjson', `${line('a')}${line('b').slice(0, -2)}`],
    ['a.ndjson', `${line('a')}{`],
    ['a.csv', 'name,address,site,country\na,r1,s,c\nb,r2'],
    ['a.csv', 'name,address,site,country,rack\na,r1,s,c,1\nb,r2,s,c'],
  ])('fails if it ends within a line: %s with %j', async (file, content) => {
    await expect(files.fetchFrom(file, content)).rejects.toMatchObject({
      code: 'SOURCE_FAILED',
      message: `${file} ends within its last line, so that it is not complete; have it written as a whole, and renamed then.`,
    })
  })

  test('is read if its last line is complete and has no line break', async () => {
    expect(names(await files.fetchFrom('a.ndjson', `${line('a')}${line('b').trimEnd()}`))).toEqual(['a', 'b'])
    expect(names(await files.fetchFrom('a.csv', 'name,address,site,country\na,r1,s,c'))).toEqual(['a'])
  })
})

test('a fetch that is aborted rejects with the reason of the signal', async () => {
  await writeSettled(files.pathOf('a.json'), JSON.stringify([fra]))
  const reason = new Error('The gateway is closing.')
  await expect(files.sourceOf('a.json').fetch(AbortSignal.abort(reason))).rejects.toBe(reason)
  const controller = new AbortController()
  const fetching = files.sourceOf('a.json').fetch(controller.signal)
  controller.abort(reason)
  await expect(fetching).rejects.toBe(reason)
})
