import { describe, expect, it } from 'vitest'
import { decodeText, withoutLineEnd } from '../../src/base/text.ts'

describe('decodeText', () => {
  it.each([
    ['UTF-8', Buffer.from('grün')],
    ['UTF-8 with a byte order mark', Buffer.from('\ufeffgrün')],
    ['UTF-16, little-endian', Buffer.from('\ufeffgrün', 'utf16le')],
    ['UTF-16, big-endian', Buffer.from('\ufeffgrün', 'utf16le').swap16()],
    ['UTF-16 without a byte order mark', Buffer.from('grün', 'utf16le')],
    ['UTF-16 without a byte order mark, big-endian', Buffer.from('grün', 'utf16le').swap16()],
  ])('reads %s', (_, bytes) => {
    expect(decodeText(bytes)).toBe('grün')
  })

  it('reads UTF-16 with little ASCII in it, and UTF-8 with a zero byte', () => {
    const chinese = '设备名,地址\n核心路由器,十号\n'
    expect(decodeText(Buffer.from(chinese, 'utf16le'))).toBe(chinese)
    const zero = `${'x'.repeat(40)}\0`
    expect(decodeText(Buffer.from(zero))).toBe(zero)
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
