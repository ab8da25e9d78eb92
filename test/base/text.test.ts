import { describe, expect, it } from 'vitest'
import { decodeText, withoutLineEnd } from '../../src/base/text.ts'

describe('decodeText', () => {
  it.each([
    ['UTF-8', Buffer.from('grün')],
    ['UTF-8 with a byte order mark', Buffer.from('\ufeffgrün')],
    ['UTF-16, little-endian', Buffer.from('\ufeffgrün', 'utf16le')],
    ['UTF-16, big-endian', Buffer.from('\ufeffgrün', 'utf16le').swap16()],
  ])('reads %s', (_, bytes) => {
    expect(decodeText(bytes)).toBe('grün')
  })

  it.each(['', 'a', '\ufffe'])('reads %j, which is no longer than a mark', (text) => {
    expect(decodeText(Buffer.from(text))).toBe(text)
  })
})

describe('withoutLineEnd', () => {
  it.each([
    ['word', 'word'],
    ['word\n', 'word'],
    ['word\r\n\r\n', 'word'],
    [' two words ', ' two words '],
    ['\nword', '\nword'],
    ['\n', ''],
  ])('makes %j %j', (text, expected) => {
    expect(withoutLineEnd(text)).toBe(expected)
  })
})
