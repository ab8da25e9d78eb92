import { kexInit } from '../../src/simulator/key-exchange-faults.ts'

/** Whole numbers below a bound, the same in every run that starts from the same seed (mulberry32). */
export type Random = (below: number) => number

export function randomFrom(seed: number): Random {
  let state = seed >>> 0
  return (below) => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below
  }
}

const NS = 'urn:ietf:params:xml:ns:netconf:base:1.0'
const CAPABILITY = '<capability>urn:ietf:params:netconf:base:1.1</capability>'

/** What an input grows from. */
export const SEEDS: readonly Buffer[] = [
  kexInit('curve25519-sha256'),
  kexInit('diffie-hellman-group1-sha1'),
  '',
  `<?xml version="1.0" encoding="UTF-8"?>\n<hello xmlns="${NS}"><capabilities>${CAPABILITY}<capability>urn:x?module=grün&amp;revision=2024-01-01</capability></capabilities><session-id>4</session-id></hello>`,
  `<nc:hello xmlns:nc="${NS}"><nc:capabilities><nc:capability>urn:ietf:params:netconf:base:1.0</nc:capability></nc:capabilities></nc:hello>]]>]]><rpc-reply message-id="1"><ok/></rpc-reply>]]>]]>`,
  `<hello><capabilities>${CAPABILITY}</capabilities></hello>]]>]]>\n#4\n<rpc\n#22\n-reply message-id="1"/>\n##\n`,
  `<rpc-reply message-id="1" xmlns="${NS}"><rpc-error><error-type>protocol</error-type><error-tag>operation-not-supported</error-tag><error-severity>error</error-severity></rpc-error></rpc-reply>`,
  `<rpc-reply xmlns="${NS}" message-id="1"><data><system-state xmlns="urn:ietf:params:xml:ns:yang:ietf-system"><platform><os-name>x</os-name></platform></system-state></data></rpc-reply>`,
  '\n#3\nabc\n#10\n0123456789\n##\n\n#1\nx\n##\n',
].map((seed) => (typeof seed === 'string' ? Buffer.from(seed) : seed))

const TOKENS: readonly Buffer[] = [
  ...[
    ']]>]]>',
    ']]>',
    '\n##\n',
    '\n#',
    '\n#1\n',
    '\n#0\n',
    '\n#4294967296\n',
    '\n#4294967295\n',
    '#',
    '\n',
    '\r\n',
  ],
  ...[
    '<hello>',
    '</hello>',
    '<hello',
    '<capability>',
    '</capability>',
    CAPABILITY,
    '<session-id>',
    '</session-id>',
  ],
  ...[
    '<!--',
    '-->',
    '<!DOCTYPE a [',
    '<!ENTITY b "c">',
    ']>',
    '<![CDATA[',
    '<?xml version="1.0"?>',
    '<?',
    '?>',
  ],
  ...[
    '&amp;',
    '&lol;',
    '&#0;',
    '&#x10ffff;',
    '&',
    ';',
    '"',
    "'",
    '=',
    '/',
    '<',
    '>',
    '%',
    '%zz',
    '?',
    ' ',
    '\t',
  ],
  ...[
    'xmlns="',
    'xmlns:a="',
    `xmlns="${NS}"`,
    'a:',
    ':',
    'encoding="ISO-8859-1"',
    'encoding="UTF-16"',
    'ü',
    '\ufeff',
  ],
  ...[
    '<rpc-reply',
    ' message-id="1"',
    '</rpc-reply>',
    '<rpc-error>',
    '</rpc-error>',
    '<data>',
    '</data>',
    '<ok/>',
  ],
].map((text) => Buffer.from(text))

const RAW: readonly Buffer[] = [
  [0],
  [0x80],
  [0xc3],
  [0xff],
  [0xed, 0xa0, 0x80],
  [0xf4, 0x90, 0x80, 0x80],
  [20],
].map((bytes) => Buffer.from(bytes))

const MAX_LENGTH = 20_000

function pick<T>(random: Random, list: readonly T[], otherwise: T): T {
  return list[random(list.length)] ?? otherwise
}

/** The input with one to eight small changes. */
export function mutate(random: Random, input: Buffer, corpus: readonly Buffer[]): Buffer {
  let bytes = input
  for (let changes = 1 + random(8); changes > 0; changes -= 1) {
    bytes = change(random, bytes, corpus).subarray(0, MAX_LENGTH)
  }
  return bytes
}

function change(random: Random, bytes: Buffer, corpus: readonly Buffer[]): Buffer {
  const at = random(bytes.length + 1)
  const end = at + random(Math.min(64, bytes.length - at + 1))
  const [before, middle, after] = [bytes.subarray(0, at), bytes.subarray(at, end), bytes.subarray(end)]
  switch (random(8)) {
    case 0:
      return Buffer.concat([before, pick(random, RAW, bytes), middle, after])
    case 1:
      return Buffer.concat([before, Buffer.of(random(256)), after])
    case 2:
      return Buffer.concat([before, after])
    case 3:
      return Buffer.concat([before, ...Array.from({ length: 1 + random(40) }, () => middle), after])
    case 4: {
      const other = pick(random, corpus, bytes)
      return Buffer.concat([before, other.subarray(random(other.length + 1))])
    }
    default:
      return Buffer.concat([before, pick(random, TOKENS, bytes), middle, after])
  }
}

/** Documents of many parts, no two of them alike: what is cheap to send and dear to keep in mind. */
const GROWING: readonly [head: string, part: (index: number) => string, tail: string][] = [
  ['<hello', (index) => ` xmlns:a${index}="u"`, '></hello>'],
  ['<hello', (index) => ` a${index}=""`, '></hello>'],
  [`<rpc-reply message-id="1" xmlns:p="u"`, (index) => ` p:a${index}=""`, '/>'],
  ['<hello>', (index) => `<a xmlns:b${index}="u" c="" b${index}:d=""/>`, '</hello>'],
  ['<hello>', (index) => `<a${index}/>`, '</hello>'],
  [`<rpc-reply message-id="1">`, () => '<a/>', '</rpc-reply>'],
]

function many(random: Random, length: number): Buffer {
  const [head, part, tail] = pick(random, GROWING, ['', () => '<', ''])
  let text = head
  for (let index = 0; text.length <= length; index += 1) text += part(index)
  return Buffer.from(text + tail)
}

/** A short piece of the input, again and again: what shows whether a parser goes back over what it has read. */
export function pump(random: Random, input: Buffer, length: number): Buffer {
  if (random(4) === 0) return many(random, length)
  const at = random(input.length + 1)
  const piece = random(2) === 0 ? pick(random, TOKENS, input) : input.subarray(at, at + 1 + random(40))
  const pumped = piece.length === 0 ? Buffer.alloc(length, '<') : Buffer.alloc(length, piece)
  return Buffer.concat([input.subarray(0, at), pumped, input.subarray(at)])
}
