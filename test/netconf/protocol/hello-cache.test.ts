import { describe, expect, it } from 'vitest'
import { HelloCache } from '../../../src/netconf/protocol/hello.ts'

/** Reads the first session-id outside of comments, and tells how often it was asked. */
function countingCache() {
  const texts: string[] = []
  const cache = new HelloCache((text) => {
    texts.push(text)
    const digits = /<session-id>(\d+)</.exec(text.replace(/<!--.*?-->/g, ''))?.[1]
    return { name: text.slice(0, 3), sessionId: digits === undefined ? null : Number(digits) }
  })
  return { cache, texts }
}

describe('HelloCache', () => {
  it('reads a text once, whatever its session-id', () => {
    const { cache, texts } = countingCache()
    const answers = [7, 8, 123_456_789].map((id) => cache.get(`<a><session-id>${id}</session-id></a>`))
    expect(answers).toEqual([7, 8, 123_456_789].map((sessionId) => ({ name: '<a>', sessionId })))
    expect(texts).toHaveLength(1)
  })

  it.each([
    ['another text', '<a><session-id>7</session-id></a>', '<b><session-id>7</session-id></b>', 7],
    ['no session-id', '<a><session-id>7</session-id></a>', '<a><session-id></session-id></a>', null],
    ['another place', '<a><session-id>7</><session-id></>', '<a><session-id></><session-id>8</>', 8],
    ['an id in a comment', '<!--<session-id>1</-->', '<!--<session-id>2</-->', null],
    [
      'a comment before it',
      '<!--<session-id>1</--><session-id>5<',
      '<!--<session-id>2</--><session-id>5<',
      5,
    ],
  ])('distinguishes %s', (_what, first, second, sessionId) => {
    const { cache, texts } = countingCache()
    cache.get(first)
    expect(cache.get(second).sessionId).toBe(sessionId)
    expect(texts).toEqual([first, second])
  })

  it('drops the oldest of many texts, and never keeps a huge one', () => {
    const { cache, texts } = countingCache()
    for (let index = 0; index < 65; index += 1) cache.get(`${index}`)
    cache.get('64')
    expect(texts).toHaveLength(65)
    cache.get('0')
    expect(texts).toHaveLength(66)
    const huge = 'x'.repeat(600_000)
    cache.get(huge)
    cache.get(huge)
    expect(texts).toHaveLength(68)
  })
})
