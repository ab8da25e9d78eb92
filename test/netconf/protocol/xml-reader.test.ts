import { describe, expect, it } from 'vitest'
import { walkXml, XmlViolation } from '../../../src/netconf/protocol/xml-reader.ts'

function many(count: number, piece: (index: number) => string): string {
  return Array.from({ length: count }, (_, index) => piece(index)).join('')
}

/** What is wrong with a document, null for nothing; and how many elements were told of before. */
function walk(text: string): { violation: string | null; opened: number } {
  let opened = 0
  const handlers = {
    open: () => {
      opened += 1
    },
    text: () => undefined,
    close: () => undefined,
  }
  try {
    walkXml(text, 16, handlers)
    return { violation: null, opened }
  } catch (problem) {
    if (!(problem instanceof XmlViolation)) throw problem
    return { violation: problem.message, opened }
  }
}

const TOO_MANY_ATTRIBUTES = 'an element has more than 64 attributes'
const TOO_MANY_NODES = 'it has more than 50000 elements and attributes'

describe('walkXml', () => {
  it.each([
    ['64 attributes', `<a${many(64, (index) => ` b${index}=""`)}/>`, null],
    ['65 attributes', `<a${many(65, (index) => ` b${index}=""`)}/>`, TOO_MANY_ATTRIBUTES],
    ['65 namespaces', `<a${many(65, (index) => ` xmlns:b${index}="u"`)}/>`, TOO_MANY_ATTRIBUTES],
    [
      '65 attributes in two elements',
      `<a${many(33, (i) => ` b${i}=""`)}><c${many(32, (i) => ` b${i}=""`)}/></a>`,
      null,
    ],
    ['65 attributes and no end', `<a${many(65, (index) => ` b${index}=""`)}`, TOO_MANY_ATTRIBUTES],
    ['50,000 elements', `<a>${many(49_999, () => '<b/>')}</a>`, null],
    ['50,001 elements', `<a>${many(50_000, () => '<b/>')}</a>`, TOO_MANY_NODES],
    ['25,000 elements and as many attributes', `<a c="">${many(24_999, () => '<b c=""/>')}</a>`, null],
    ['one attribute more', `<a c="" d="">${many(24_999, () => '<b c=""/>')}</a>`, TOO_MANY_NODES],
  ])('counts elements and attributes: %s', (_what, text, violation) => {
    expect(walk(text).violation).toBe(violation)
  })

  // What comes after the cap is not even looked at: it would be no XML.
  it.each([
    [
      'attributes',
      `<a><b/><c${many(65, (index) => ` d${index}=""`)}<<<`,
      { violation: TOO_MANY_ATTRIBUTES, opened: 2 },
    ],
    ['elements', `<a>${many(60_000, () => '<b/>')}<<<`, { violation: TOO_MANY_NODES, opened: 50_000 }],
  ])('reads no further than the limit of %s', (_what, text, expected) => {
    expect(walk(text)).toEqual(expected)
  })

  it('names the line and the column at which a document is not well-formed', () => {
    expect(walk('<a>\n  <b></a>').violation).toBe('it is not well-formed XML (2:9: unexpected close tag)')
  })

  it('shortens a name that it quotes', () => {
    const name = 'n'.repeat(60_000)
    expect(walk(`<${name}>`).violation).toMatch(
      /^it is not well-formed XML \(1:60002: unclosed tag: n{90,100}…\)$/,
    )
  })

  it('throws the error of a handler unchanged', () => {
    const bug = new TypeError('a bug')
    const handlers = {
      open: () => {
        throw bug
      },
      text: () => undefined,
      close: () => undefined,
    }
    expect(() => walkXml('<a/>', 16, handlers)).toThrow(bug)
  })
})
