import { describe, expect, it } from 'vitest'
import { patternOf } from '../../../src/netconf/report/redact.ts'

const SECRET = 'p@ss&wö<rd>9'

function base64(text: string): string {
  return Buffer.from(text).toString('base64')
}

function percentEncoded(text: string): string {
  return [...Buffer.from(text)].map((byte) => `%${byte.toString(16)}`).join('')
}

describe('a secret is found', () => {
  it.each([
    ['as it is', SECRET],
    ['read as Latin-1', Buffer.from(SECRET).toString('latin1')],
    ['split by a line break', 'p@ss&w ö<rd>9'],
    ['in UTF-16, its NULs as blanks', SECRET.split('').join(' ')],
    ['percent-encoded', encodeURIComponent(SECRET)],
    ['percent-encoded as a whole', percentEncoded(SECRET).toUpperCase()],
    ['with the entities of XML', 'p@ss&amp;wö&lt;rd&gt;9'],
    ['with the numbers of its characters', '&#112;@ss&#x26;w&#xF6;&#60;rd>9'],
    ['in hexadecimal', Buffer.from(SECRET).toString('hex').toUpperCase()],
  ])('%s', (_how, said) => {
    expect(`a ${said} b`.replace(patternOf(SECRET), '*')).toBe('a * b')
  })

  it.each(['correct%20horse', 'correct+horse', 'correct&#32;horse', 'correcthorse'])(
    'with an encoded blank: %s',
    (said) => {
      expect(`a ${said} b`.replace(patternOf('correct horse'), '*')).toBe('a * b')
    },
  )

  it.each(['', 'u:', 'us:', 'usr:'])('in Base64 behind %j', (before) => {
    const said = base64(`${before}${SECRET}`)
    const left = said.replace(patternOf(SECRET), '*')
    // What is left is what is encoded together with something else: less than a character of the secret.
    expect(left).toMatch(/^.{0,6}\*.{0,4}$/)
    expect(said.length - left.length).toBeGreaterThan(12)
  })

  it.each([
    ['as it is', SECRET.slice(0, 7)],
    ['in Base64', base64(SECRET).slice(0, 9)],
    ['after four characters', SECRET.slice(0, 4)],
  ])('if it is cut off: %s', (_how, said) => {
    expect(`a ${said}…`.replace(patternOf(SECRET), '*')).toBe('a *')
  })

  it('however long it is', () => {
    const secret = 'longsecret'.repeat(1000)
    expect(`a ${secret} b`.replace(patternOf(secret), '*')).toBe('a * b')
  })
})

describe('nothing is taken for a secret', () => {
  it.each([
    ['other words', SECRET, 'correct horse'],
    ['its beginning', SECRET, 'p@ss&w'],
    ['three characters that are cut off', SECRET, 'p@s…'],
    ['Base64 of a short secret', 'word', base64('word')],
    ['a blank', ' '.repeat(12), 'a b  c'],
    ['a blank, for few blanks', ' '.repeat(4), 'a b  c'],
    ['what its characters mean in a pattern', '.*.*.*.*', 'abcdefgh'],
  ])('%s', (_what, secret, said) => {
    expect(said.replace(patternOf(secret), '*')).toBe(said)
  })

  it('although it nearly occurs many times', () => {
    const said = 'a  '.repeat(20_000)
    expect(said.replace(patternOf('aaaaaaaaaaaaaaab'), '*')).toBe(said)
  })
})
