import { describe, expect, it } from 'vitest'
import { StatusLine } from '../../src/cli/status-line.ts'
import { FakeTerminal } from './fake-terminal.ts'

const ruler = (mark: string) => (width: number) => mark.repeat(width)

function onTerminal(columns: number) {
  const terminal = new FakeTerminal(columns)
  terminal.write('before\n')
  return { terminal, line: new StatusLine(terminal) }
}

describe('a status line', () => {
  it.each([40, 80, 120])('stays one line of a terminal with %i columns', async (columns) => {
    const { terminal, line } = onTerminal(columns)
    for (const mark of 'abc') line.show(ruler(mark))
    expect(await terminal.rows()).toEqual(['before', 'c'.repeat(columns - 1)])
  })

  it('follows the width of the terminal', async () => {
    const { terminal, line } = onTerminal(80)
    line.show(ruler('a'))
    for (const columns of [40, 25, 24, 100, 31]) {
      await terminal.resize(columns)
      expect(await terminal.rows()).toEqual(['before', 'a'.repeat(columns - 1)])
    }
  })

  it('is cut by the terminal if its characters are wider than counted', async () => {
    const { terminal, line } = onTerminal(20)
    line.show(() => '漢'.repeat(15))
    line.show(() => 'done')
    expect(await terminal.rows()).toEqual(['before', 'done'])
  })

  it('makes room for another text, and is shown again below it', async () => {
    const { terminal, line } = onTerminal(40)
    line.show(() => 'status')
    line.clear()
    terminal.write('text\n')
    line.show(() => 'status')
    line.end()
    terminal.write('after')
    await terminal.resize(30)
    expect(await terminal.rows()).toEqual(['before', 'text', 'status', 'after'])
  })
})
