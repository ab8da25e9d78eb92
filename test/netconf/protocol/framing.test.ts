import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { encodeChunked, encodeEndOfMessage, FrameDecoder } from '../../../src/netconf/protocol/framing.ts'
import { propertyRuns } from '../../support/property-runs.ts'

/** What a decoder makes of a stream that comes in these pieces. */
function decode(
  pieces: readonly (string | Buffer)[],
  options: { chunked?: boolean; maxMessageBytes?: number } = {},
): { messages: string[]; violation: string | null; pending: number } {
  const messages: string[] = []
  const decoder = new FrameDecoder({
    maxMessageBytes: options.maxMessageBytes ?? 1_000_000,
    onMessage: (message) => messages.push(message.toString()),
  })
  if (options.chunked) decoder.useChunks()
  let violation: string | null = null
  for (const piece of pieces) violation = decoder.push(Buffer.from(piece))
  return { messages, violation, pending: decoder.pending.length }
}

function cut(stream: Buffer, cuts: readonly number[]): Buffer[] {
  const places = [...new Set(cuts.map((place) => place % (stream.length + 1)))].sort((a, b) => a - b)
  return [0, ...places].map((from, index) => stream.subarray(from, places[index] ?? stream.length))
}

const text = fc.string({ unit: 'binary' }).filter((value) => !value.includes(']]>]]>'))

describe('end-of-message framing', () => {
  it.each([
    ['one message', ['<hello/>]]>]]>'], ['<hello/>']],
    ['two in a piece', ['<a/>]]>]]><b/>]]>]]>'], ['<a/>', '<b/>']],
    ['a delimiter in pieces', ['<a/>]]', '>', ']]', '>', '<b/>]]>]]>'], ['<a/>', '<b/>']],
    ['a delimiter that starts twice', ['<a>]]>]]]>]]></a>]]>]]>'], ['<a>]]>]', '</a>']],
    ['an empty message', [']]>]]>'], ['']],
    ['a message without its end', ['<a/>]]>]]'], []],
  ])('reads %s', (_what, pieces, messages) => {
    expect(decode(pieces)).toMatchObject({ messages, violation: null })
  })

  it('limits the size of a message, however it is cut', () => {
    const violation = 'a message is longer than 10 bytes'
    expect(decode(['0123456789]]>]]>'], { maxMessageBytes: 10 })).toMatchObject({ messages: ['0123456789'] })
    expect(decode(['0123456789a]]>]]>'], { maxMessageBytes: 10 })).toMatchObject({ messages: [], violation })
    expect(decode([...'0123456789abcdefgh'], { maxMessageBytes: 10 })).toMatchObject({ violation })
    expect(decode(['0123456789]]>]]'], { maxMessageBytes: 10 }).violation).toBeNull()
  })
})

describe('chunked framing', () => {
  // RFC 6242 section 4.2, byte for byte.
  const rfc =
    '\n#4\n<rpc\n#18\n message-id="102"\n\n#79\n     xmlns="urn:ietf:params:xml:ns:netconf:base:1.0">\n' +
    '  <close-session/>\n</rpc>\n##\n'
  const rfcMessage =
    '<rpc message-id="102"\n     xmlns="urn:ietf:params:xml:ns:netconf:base:1.0">\n  <close-session/>\n</rpc>'

  it('reads the example of RFC 6242', () => {
    expect(decode([rfc], { chunked: true })).toEqual({ messages: [rfcMessage], violation: null, pending: 0 })
    expect(decode([...rfc], { chunked: true })).toEqual({
      messages: [rfcMessage],
      violation: null,
      pending: 0,
    })
  })

  it('follows end-of-message framing in the middle of a piece', () => {
    const messages: string[] = []
    const decoder = new FrameDecoder({
      maxMessageBytes: 100,
      onMessage: (message) => {
        messages.push(message.toString())
        decoder.useChunks()
      },
    })
    expect(decoder.push(Buffer.from('<hello/>]]>]]>\n#2\n]]\n#4\n>]]>\n##\n'))).toBeNull()
    expect(messages).toEqual(['<hello/>', ']]>]]>'])
  })

  it.each([
    ['a line break of their own between messages', '\n\n#1\na\n##\n\r\n\n#1\nb\n##\n', ['a', 'b']],
    ['a chunk that looks like framing', '\n#5\n\n##\n\n\n##\n', ['\n##\n\n']],
    ['a message without its end', '\n#1\na\n##', []],
  ])('reads %s', (_what, stream, messages) => {
    expect(decode([stream], { chunked: true })).toMatchObject({ messages, violation: null })
  })

  it.each([
    ['no line feed', '#1\na', 'a chunk does not start with a line feed'],
    ['no hash', '\n1\na', 'a chunk does not start with "#"'],
    ['a size of 0', '\n#0\n', 'a chunk size does not start with a digit from 1 to 9'],
    ['a leading zero', '\n#01\na', 'a chunk size does not start with a digit from 1 to 9'],
    ['a size that is no number', '\n#1x\n', 'a chunk size is not a number'],
    ['no size', '\n#\n', 'a chunk size does not start with a digit from 1 to 9'],
    ['an end without a chunk', '\n##\n', 'a chunk size does not start with a digit from 1 to 9'],
    ['an end without its line feed', '\n#1\na\n##x', 'the end of the chunks lacks its line feed'],
    ['bytes after a chunk', '\n#1\nab', 'a chunk does not start with a line feed'],
    ['a tag after a line feed', '\n<a/>', 'it offers base:1.1, but a message is not in chunks'],
    ['a tag after a chunk', '\n#1\na<b', 'a chunk does not start with a line feed'],
    ['a line break inside a message', '\n#1\na\n\n#1\nb', 'a chunk does not start with "#"'],
    ['a size of 4294967296', '\n#4294967296\n', 'a chunk is larger than 4294967295 bytes'],
    ['a size without end', `\n#${'9'.repeat(50)}`, 'a chunk is larger than 4294967295 bytes'],
    ['a chunk past the cap', '\n#4294967295\n', 'a message is longer than 1000000 bytes'],
    ['chunks that add up past the cap', '\n#1\na\n#1000000\n', 'a message is longer than 1000000 bytes'],
    ['end-of-message framing', '<rpc-reply/>]]>]]>', 'it offers base:1.1, but a message is not in chunks'],
  ])('refuses %s', (_what, stream, violation) => {
    expect(decode([stream], { chunked: true })).toMatchObject({ messages: [], violation })
    expect(decode([...stream], { chunked: true })).toMatchObject({ messages: [], violation })
  })
})

describe('any stream', () => {
  it('decodes to the encoded messages, however it is cut', () => {
    fc.assert(
      fc.property(fc.array(text), fc.boolean(), fc.array(fc.nat()), (messages, chunked, cuts) => {
        const sendable = chunked ? messages.filter((message) => message !== '') : messages
        const encode = chunked ? encodeChunked : encodeEndOfMessage
        const stream = Buffer.from(sendable.map(encode).join(''))
        const expected = sendable.map((message) => Buffer.from(message).toString())
        expect(decode(cut(stream, cuts), { chunked })).toEqual({
          messages: expected,
          violation: null,
          pending: 0,
        })
      }),
    )
  })

  it('results in the same messages and the same violation, however it is cut', () => {
    const token = fc.constantFrom(
      '\n',
      '#',
      '##',
      '1',
      '0',
      '3',
      'ab',
      ']]>',
      ']]>]]>',
      '\n#1\n',
      '\n##\n',
      '\r',
    )
    const stream = fc.array(token, { maxLength: 60 }).map((tokens) => Buffer.from(tokens.join('')))
    fc.assert(
      fc.property(stream, fc.boolean(), fc.array(fc.nat()), (bytes, chunked, cuts) => {
        const options = { chunked, maxMessageBytes: 12 }
        const { messages, violation } = decode([bytes], options)
        expect(decode(cut(bytes, cuts), options)).toMatchObject({ messages, violation })
      }),
      { numRuns: propertyRuns(150) },
    )
  })

  it('takes linear time, even a byte at a time', () => {
    const message = 'x'.repeat(400_000)
    const before = process.threadCpuUsage()
    for (const chunked of [false, true]) {
      const stream = Buffer.from(chunked ? encodeChunked(message) : encodeEndOfMessage(message))
      let lengths = 0
      const decoder = new FrameDecoder({
        maxMessageBytes: 400_000,
        onMessage: (got) => (lengths += got.length),
      })
      if (chunked) decoder.useChunks()
      for (let at = 0; at < stream.length; at += 1) decoder.push(stream.subarray(at, at + 1))
      expect(lengths).toBe(400_000)
    }
    // A search from the start for every byte would take minutes of the processor.
    expect(process.threadCpuUsage(before).user).toBeLessThan(3_000_000)
  })
})
