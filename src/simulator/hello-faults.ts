import type { Socket } from 'node:net'
import { type Behaviour, flood } from './behaviour.ts'
import { serveNetconf } from './netconf-server.ts'
import type { ServerChannel } from './ssh-server.ts'

const BASE_1_0 = 'urn:ietf:params:netconf:base:1.0'
const BASE_1_1 = 'urn:ietf:params:netconf:base:1.1'
const END = ']]>]]>'
/** A character of two bytes in UTF-8. */
const UMLAUT = Buffer.from('ü')

function helloOf(uris: readonly string[], sessionId = '<session-id>4</session-id>'): Buffer {
  const list = uris.map((uri) => `<capability>${uri}</capability>`).join('')
  return Buffer.from(
    '<hello xmlns="urn:ietf:params:xml:ns:netconf:base:1.0"><capabilities>' +
      `${list}</capabilities>${sessionId}</hello>${END}`,
  )
}

function repeat(count: number, piece: (index: number) => string): string {
  return Array.from({ length: count }, (_, index) => piece(index)).join('')
}

function manyUris(count: number): string[] {
  return Array.from(
    { length: count },
    (_, index) => `urn:example:yang:module-${index}?module=module-${index}&amp;revision=2024-01-01`,
  )
}

/** Sends this instead of its hello, and is a good server otherwise. */
function says(bytes: Buffer): Behaviour {
  return { netconf: ({ channel }) => serveNetconf(channel, { bytes, offersChunks: false }) }
}

/** Sends this instead of its hello, ends the channel, and leaves ending the connection to the peer. */
function saysAndCloses(bytes: Buffer): Behaviour {
  return { netconf: ({ channel }) => void channel.end(bytes) }
}

/** Sends half of its hello, and does `act` when that was sent. */
function halfway(act: (channel: ServerChannel, socket: Socket) => void): Behaviour {
  return {
    netconf({ channel, hello, socket }) {
      channel.resume()
      channel.write(hello.bytes.subarray(0, hello.bytes.length >> 1))
      // The server sends at the end of a turn what was written in it; the fault must come after that.
      setImmediate(() => act(channel, socket))
    },
  }
}

const UMLAUT_HELLO = helloOf([BASE_1_0, 'urn:example:grün'])
const UMLAUT_AT = UMLAUT_HELLO.indexOf(UMLAUT)

/** Ten entities. Each expands to ten of the one before, the last to a billion of the first. */
const ENTITIES = Array.from({ length: 10 }, (_, index) =>
  index === 0 ? '<!ENTITY lol0 "lol">' : `<!ENTITY lol${index} "${`&lol${index - 1};`.repeat(10)}">`,
).join('')

const MEBIBYTE = Buffer.alloc(1024 * 1024, '% Warning: flash is full\n')

/** Sends something before its hello, and is a good server from then on. */
function first(greeting: string): Behaviour {
  return {
    netconf({ channel, hello }) {
      channel.write(greeting)
      serveNetconf(channel, hello)
    },
  }
}

/** Does `act` and never sends a hello. */
function instead(act: (channel: ServerChannel) => void): Behaviour {
  return {
    netconf({ channel }) {
      channel.resume()
      act(channel)
    },
  }
}

const DENIED =
  '<rpc-reply xmlns="urn:ietf:params:xml:ns:netconf:base:1.0"><rpc-error><error-type>protocol</error-type>' +
  '<error-tag>resource-denied</error-tag><error-severity>error</error-severity>' +
  '<error-message>maximum number of sessions reached</error-message></rpc-error></rpc-reply>'

/** Faults of the first message of a session (RFC 6241 section 8.1). */
export const HELLO_FAULTS = {
  /** Opens the subsystem and sends nothing. */
  'no-hello': { netconf: ({ channel }) => void channel.resume() },
  /** Sends half of its hello and nothing more. */
  'stalls-in-hello': halfway(() => undefined),
  'closes-in-hello': halfway((channel) => channel.end()),
  'hangs-up-in-hello': halfway((_channel, socket) => socket.end()),
  'resets-in-hello': halfway((_channel, socket) => socket.resetAndDestroy()),
  /** Sends its hello at one byte a second. */
  'drips-hello': {
    netconf({ channel, hello }) {
      channel.resume()
      let sent = 0
      const timer = setInterval(() => channel.write(hello.bytes.subarray(sent, ++sent)), 1000)
      channel.write(hello.bytes.subarray(sent, ++sent))
      channel.once('close', () => clearInterval(timer))
    },
  },
  'closes-without-hello': { netconf: ({ channel }) => void channel.end() },
  /** Prints the error of a shell in place of the server. */
  'exits-instead-of-hello': {
    netconf({ channel }) {
      channel.stderr.write('sh: netconf-server: not found\n')
      channel.exit(127)
      channel.end()
    },
  },
  'malformed-hello': says(Buffer.from(`<hello><capabilities></hello>${END}`)),
  'foreign-hello': says(Buffer.from(`<hello xmlns="urn:example:chat"><nick>r1</nick></hello>${END}`)),
  /** Sends a hello without end, beyond the limit of a message. */
  'oversized-hello': {
    netconf({ channel }) {
      channel.resume()
      channel.write('<hello xmlns="urn:ietf:params:xml:ns:netconf:base:1.0"><capabilities>')
      channel.write(`<capability>${'urn:x '.repeat(1_000_000)}`)
    },
  },
  /** Sends a DTD whose last entity would fill the memory. */
  'billion-laughs': says(
    Buffer.from(
      '<?xml version="1.0"?><!DOCTYPE hello [' +
        `${ENTITIES}]><hello><capabilities><capability>&lol9;</capability></capabilities></hello>${END}`,
    ),
  ),
  'undefined-entity': says(helloOf([BASE_1_0, 'urn:example:&lol9;'])),
  'no-base-version': says(helloOf(['urn:ietf:params:netconf:base:2.0', ...manyUris(3)])),
  /** Sends its hello in chunks, which are allowed only after the hello. */
  'hello-in-chunks': {
    netconf({ channel, hello }) {
      const text = hello.bytes.toString('latin1').replace(END, '')
      channel.resume()
      channel.write(Buffer.from(`\n#${text.length}\n${text}\n##\n`, 'latin1'))
    },
  },
  'hello-without-delimiter': {
    netconf({ channel, hello }) {
      channel.resume()
      channel.write(hello.bytes.subarray(0, -END.length))
    },
  },
  /** Offers only base:1.1, with a parameter, and speaks it. */
  'base-with-parameters': {
    netconf: ({ channel }) =>
      serveNetconf(channel, { bytes: helloOf([`${BASE_1_1}?arg=val`]), offersChunks: true }),
  },
  /** Offers the base protocol and nothing else. */
  'bare-hello': says(helloOf([BASE_1_0])),
  'no-session-id': says(helloOf([BASE_1_0], '')),
  'session-id-no-number': says(helloOf([BASE_1_0], '<session-id>none</session-id>')),
  '2000-capabilities': says(helloOf([BASE_1_0, ...manyUris(2000)])),
  '20000-capabilities': says(helloOf([BASE_1_0, ...manyUris(20_000)])),
  'endless-uri': says(helloOf([BASE_1_0, `urn:${'x'.repeat(100_000)}`])),
  /** Declares unused namespaces, each of which a parser must remember until the end of the element. */
  'many-attributes': says(
    Buffer.from(`<hello${repeat(100_000, (index) => ` xmlns:a${index}="urn:x"`)}></hello>${END}`),
  ),
  'many-elements': says(Buffer.from(`<hello>${repeat(500_000, () => '<a/>')}</hello>${END}`)),
  'deep-hello': says(Buffer.from(`<hello>${'<a>'.repeat(50_000)}${'</a>'.repeat(50_000)}</hello>${END}`)),
  /** Sends a character of two bytes in two packets. */
  'splits-character': {
    netconf({ channel }) {
      const rest = { bytes: UMLAUT_HELLO.subarray(UMLAUT_AT + 1), offersChunks: false }
      channel.write(UMLAUT_HELLO.subarray(0, UMLAUT_AT + 1), () =>
        setImmediate(() => serveNetconf(channel, rest)),
      )
    },
  },
  /** Omits the second byte of a character. */
  'cuts-character': says(
    Buffer.concat([UMLAUT_HELLO.subarray(0, UMLAUT_AT + 1), UMLAUT_HELLO.subarray(UMLAUT_AT + 2)]),
  ),
  /** Ends the channel after the first byte of a character. */
  'closes-in-character': saysAndCloses(UMLAUT_HELLO.subarray(0, UMLAUT_AT + 1)),
  // Faults of the text before the hello, beside it or in place of it.
  'greets-before-hello': first('\ufeff\r\n\0\0<!-- No zombies were killed -->\r\nlast login: never\r\n'),
  'rpc-error-before-hello': first(
    `<rpc-reply><rpc-error><error-message>too many sessions</error-message></rpc-error></rpc-reply>${END}`,
  ),
  /** Echoes what it was sent, as a terminal does, before its hello. */
  'echoes-before-hello': {
    netconf({ channel, hello }) {
      let heard = ''
      const echo = (bytes: Buffer): void => {
        heard += bytes.toString()
        if (!heard.includes(END)) return
        channel.off('data', echo)
        channel.write(heard)
        serveNetconf(channel, hello)
        channel.unshift(Buffer.from(heard))
      }
      channel.on('data', echo)
    },
  },
  /** Echoes what it is sent, and never sends a hello. */
  'echoes-instead-of-hello': { netconf: ({ channel }) => void channel.pipe(channel) },
  /** Refuses the session with an rpc-error, although nothing was requested, and waits. */
  'answers-error-for-hello': instead((channel) => channel.write(DENIED + END)),
  'answers-error-and-hangs-up': {
    netconf({ channel, socket }) {
      channel.resume()
      channel.write(DENIED + END, () => socket.end())
    },
  },
  /** Sends a banner with the delimiter that ends a hello. */
  'banner-instead-of-hello': instead((channel) => channel.write(`Authorized access only.\r\n${END}`)),
  /** Shows the prompt of a shell in place of the server. */
  'prompt-instead-of-hello': instead((channel) => channel.write('\r\nrouter# ')),
  'floods-before-hello': instead((channel) => flood(channel, MEBIBYTE)),
  /** Sends messages without end. None is a hello. */
  'floods-messages': instead((channel) => flood(channel, `<notification/>${END}`.repeat(1000))),
  /** Sends empty messages without end. */
  'floods-empty-messages': instead((channel) => flood(channel, END.repeat(10_000))),
  /** Fills standard error, which stalls a peer that does not read it. Then it is a good server. */
  'five-megabytes-of-stderr': {
    netconf: ({ channel, hello }) => flood(channel.stderr, MEBIBYTE, 5, () => serveNetconf(channel, hello)),
  },
  'floods-stderr': instead((channel) => flood(channel.stderr, MEBIBYTE)),
} satisfies Record<string, Behaviour>
