import { expect, test } from 'vitest'
import { MessageReader } from '../../src/simulator/message-reader.ts'

/** What the reader makes of the pieces; the first message switches it to chunks where `chunked` is set. */
function read(pieces: readonly Buffer[], chunked: boolean): string[] {
  const events: string[] = []
  const reader = new MessageReader({
    onMessage: (text) => {
      if (chunked && events.length === 0) reader.expectChunks()
      events.push(text)
    },
    onMalformed: () => events.push('MALFORMED'),
  })
  for (const piece of pieces) reader.read(piece)
  return events
}

const STREAMS = [
  {
    name: 'delimiters',
    chunked: false,
    stream: '<a/>]]>]]><b>]]></b>]]>]]>',
    messages: ['<a/>', '<b>]]></b>'],
  },
  {
    name: 'chunks',
    chunked: true,
    stream: '<a/>]]>]]>\n#4\n<b>\n\n#7\n]]>]]>x\n##\n\n#4\n\n#1\n\n##\n',
    messages: ['<a/>', '<b>\n]]>]]>x', '\n#1\n'],
  },
]

test.each(STREAMS)(
  'finds the same messages wherever a stream with $name is cut',
  ({ chunked, stream, messages }) => {
    const bytes = Buffer.from(stream)
    for (let cut = 0; cut <= bytes.length; cut += 1) {
      expect(read([bytes.subarray(0, cut), bytes.subarray(cut)], chunked)).toEqual(messages)
    }
    expect(
      read(
        Array.from(bytes, (byte) => Buffer.from([byte])),
        chunked,
      ),
    ).toEqual(messages)
  },
)

test('a character of several bytes counts with the number of its bytes', () => {
  const [, text] = read([Buffer.from('<a/>]]>]]>\n#2\né\n##\n')], true)
  expect(Buffer.from(text ?? '', 'latin1').toString()).toBe('é')
})

test.each(['\n#0\n', '\n#01\n', '#4\n<b/>', '\n#4294967296x\n', '\r\n#4\n<b/>\r\n##\r\n'])(
  'refuses the chunk header %j, once',
  (header) => {
    const rest = Buffer.from('0123456789abc')
    expect(read([Buffer.from(`<a/>]]>]]>${header}`), rest, rest], true)).toEqual(['<a/>', 'MALFORMED'])
  },
)

test('refuses a message without end', () => {
  const piece = Buffer.alloc(64 * 1024, 'x')
  expect(
    read(
      Array.from({ length: 17 }, () => piece),
      false,
    ),
  ).toEqual(['MALFORMED'])
})
