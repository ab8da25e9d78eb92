import { describe, expect, it } from 'vitest'
import { fittedTable, labelled, table } from '../../src/cli/table.ts'
import { wrapped } from '../../src/cli/wrapping.ts'

const MOVES = [
  ['DEVICE', 'SITE', 'COUNTRY', 'CHANGES'],
  ['fra-core-01', 'Frankfurt 1', 'Germany', 'site: Frankfurt 2 → Frankfurt 1, port: 830 → 22'],
  ['r2', 'Lyon', '', 'site: Nice → Lyon'],
]

describe('a table', () => {
  it('has columns of the width that a terminal shows', () => {
    const rows = [
      ['サイト', 'x'],
      ['e\u0301', 'y'],
    ]
    expect(table(rows)).toBe('サイト  x\ne\u0301       y')
  })

  it('is whole in a file and where it fits', () => {
    const lines = table(MOVES).split('\n')
    const whole = lines.map((line) => `  ${line}`).join('\n')
    const width = Math.max(...lines.map(({ length }) => length)) + 2
    for (const wrapsLast of [true, false]) {
      expect(fittedTable(MOVES, { width: undefined, indent: '  ', wrapsLast })).toBe(whole)
      expect(fittedTable(MOVES, { width, indent: '  ', wrapsLast })).toBe(whole)
      expect(fittedTable(MOVES, { width: width - 1, indent: '  ', wrapsLast })).not.toBe(whole)
    }
  })

  it('wraps its last column at words, or cuts the widest', () => {
    expect(fittedTable(MOVES, { width: 65, indent: '  ', wrapsLast: true })).toBe(
      [
        '  DEVICE       SITE         COUNTRY  CHANGES',
        '  fra-core-01  Frankfurt 1  Germany  site: Frankfurt',
        '                                     2 → Frankfurt 1, port:',
        '                                     830 → 22',
        '  r2           Lyon                  site: Nice → Lyon',
      ].join('\n'),
    )
    expect(fittedTable(MOVES, { width: 60 }).split('\n')[1]).toBe(
      'fra-core-01  Frankfurt 1  Germany  site: Frankfurt 2 → Fran…',
    )
    expect(fittedTable([['日本'.repeat(20), '東京'.repeat(20)]], { width: 61 })).toBe(
      `${'日本'.repeat(13)}…  東京…`,
    )
    const third = [['a'.repeat(30), 'b'.repeat(30), 'c'.repeat(30)]]
    expect(fittedTable(third, { width: 60 })).toBe(`${'a'.repeat(30)}  ${'b'.repeat(19)}…  ${'c'.repeat(5)}…`)
  })

  it('is a block of lines for each row on a narrow terminal, and where too little would be left of a cell', () => {
    const wide = Array.from({ length: 7 }, (_, index) => String(index).repeat(20))
    expect(fittedTable([wide.map(() => 'H'), wide], { width: 70 })).toBe(
      ['0'.repeat(20), ...wide.slice(1).map((cell) => `  H  ${cell}`)].join('\n'),
    )
    expect(fittedTable(MOVES, { width: 40, indent: '  ', wrapsLast: true })).toBe(
      [
        '  fra-core-01',
        '    SITE     Frankfurt 1',
        '    COUNTRY  Germany',
        '    CHANGES  site: Frankfurt',
        '             2 → Frankfurt 1, port:',
        '             830 → 22',
        '  r2',
        '    SITE     Lyon',
        '    CHANGES  site: Nice → Lyon',
      ].join('\n'),
    )
  })

  it.each([1, 2, 15, 20])('loses nothing where there are %i columns', (width) => {
    const words = (text: string) => text.match(/[\w:,→-]+/g)?.filter((word) => !/^[A-Z]+$/.test(word))
    expect(words(fittedTable(MOVES, { width }))).toEqual(words(table(MOVES.slice(1))))
  })
})

describe('a sentence', () => {
  const text = 'Run `rollcall plan approve X` to apply the plan that waits.'

  it('is wrapped at words, and a command in it stays whole', () => {
    expect(wrapped(text, 34, { first: '- ', rest: '  ' })).toBe(
      ['- Run `rollcall plan approve X` to', '  apply the plan that waits.'].join('\n'),
    )
    expect(wrapped(text, 24)).toBe(
      ['Run', '`rollcall plan approve X`', 'to apply the plan that', 'waits.'].join('\n'),
    )
  })

  it('keeps a number and its unit together', () => {
    expect(wrapped('TIMEOUT in HELLO after 176 ms: it sent nothing', 28)).toBe(
      ['TIMEOUT in HELLO after', '176 ms: it sent nothing'].join('\n'),
    )
  })

  it('is left as it is in a file, where it fits, and where there is no room', () => {
    for (const width of [undefined, text.length, 15]) expect(wrapped(text, width)).toBe(text)
  })

  it('is a value beside its name', () => {
    const pairs = [
      ['host key', 'ssh-ed25519 SHA256:47DEQpj8HBSa'],
      ['banner', 'For staff only'],
    ] as const
    expect(labelled(pairs, 32)).toBe(
      ['host key  ssh-ed25519', '          SHA256:47DEQpj8HBSa', 'banner    For staff only'].join('\n'),
    )
  })
})
