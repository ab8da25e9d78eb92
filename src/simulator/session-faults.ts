import { type Behaviour, flood, type NetconfSession } from './behaviour.ts'
import { type Answer, serveNetconf } from './netconf-server.ts'

const BASES = ['urn:ietf:params:netconf:base:1.0', 'urn:ietf:params:netconf:base:1.1']
const SYSTEM = 'urn:ietf:params:xml:ns:yang:ietf-system?module=ietf-system&amp;revision=2014-08-06'

/** A hello with chunked framing and a module that facts can be read from. */
const HELLO = Buffer.from(
  `<hello xmlns="urn:ietf:params:xml:ns:netconf:base:1.0"><capabilities>${[...BASES, SYSTEM]
    .map((uri) => `<capability>${uri}</capability>`)
    .join('')}</capabilities><session-id>4</session-id></hello>]]>]]>`,
)

/** Sends a good hello, and answers every request in this way. */
function answers(answer: (session: NetconfSession, ...given: Parameters<Answer>) => void): Behaviour {
  return {
    netconf(session) {
      const hello = { bytes: HELLO, offersChunks: true }
      serveNetconf(session.channel, hello, (...given) => answer(session, ...given))
    },
  }
}

/** Answers close-session correctly, and every other request in this way. */
function answersFacts(answer: (session: NetconfSession, ...given: Parameters<Answer>) => void): Behaviour {
  return answers((session, request, encode) => {
    if (request.operation === 'close-session') session.channel.end(encode(request.reply))
    else answer(session, request, encode)
  })
}

const LAUGHS = '<!DOCTYPE rpc-reply [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>'

/** Faults of an open session. None may change the outcome of its hello. */
export const SESSION_FAULTS = {
  /** Sends its hello, then never answers and never closes. The hello is all that a probe needs. */
  'silent-after-hello': {
    netconf({ channel, hello }) {
      channel.resume()
      channel.write(hello.bytes)
    },
  },
  'closes-after-hello': { netconf: ({ channel }) => void channel.end(HELLO) },
  'resets-after-hello': {
    netconf({ channel, socket }) {
      channel.write(HELLO)
      // This is the peer's first request, so it has read the hello.
      serveNetconf(channel, { bytes: Buffer.alloc(0), offersChunks: true }, () => socket.resetAndDestroy())
    },
  },
  'two-hellos': {
    netconf: ({ channel }) =>
      serveNetconf(channel, { bytes: Buffer.concat([HELLO, HELLO]), offersChunks: false }),
  },
  'floods-after-hello': {
    netconf({ channel }) {
      channel.resume()
      channel.write(HELLO)
      flood(channel, 'x'.repeat(65_536))
    },
  },
  'chunk-size-0': answers(({ channel }) => channel.write('\n#0\n\n##\n')),
  'chunk-size-4294967296': answers(({ channel }) => channel.write('\n#4294967296\n<rpc-reply')),
  'chunk-size-4294967295': answers(({ channel }) => channel.write('\n#4294967295\n<rpc-reply')),
  'end-of-message-in-chunks': answers(({ channel }, { reply }) => channel.write(`${reply}]]>]]>`)),
  /** Ends the session when asked to, without a reply. */
  'closes-without-ok': answers(({ channel }) => channel.end()),
  'hangs-up-without-ok': answers(({ socket }) => socket.end()),
  'silent-in-facts': answersFacts(() => undefined),
  'resets-in-facts': answersFacts(({ socket }) => socket.resetAndDestroy()),
  'closes-in-facts': answersFacts(({ channel }) => channel.end()),
  'malformed-facts': answersFacts(({ channel }, { reply }, encode) =>
    channel.write(encode(`${reply.slice(0, reply.indexOf('>') + 1)}<data><a></data></rpc-reply>`)),
  ),
  'billion-laughs-in-facts': answersFacts(({ channel }, { reply }, encode) =>
    channel.write(encode(`${LAUGHS}${reply.slice(0, reply.indexOf('>') + 1)}<data>&b;</data></rpc-reply>`)),
  ),
  /** Replies to a request that nobody made. */
  'foreign-message-id': answersFacts(({ channel }, { reply }, encode) =>
    channel.write(encode(reply.replace(/message-id=(["'])[^"']*/, 'message-id=$1none-of-yours'))),
  ),
  /** Sends a reply without end. */
  'floods-facts': answersFacts(({ channel }, { reply }) => {
    channel.write(`\n#1000\n${reply.slice(0, reply.indexOf('>') + 1).padEnd(1000)}`)
    flood(channel, `\n#60000\n${'<data/>'.padEnd(60_000)}`)
  }),
  'drips-facts': answersFacts(({ channel }, { reply }, encode) => {
    const bytes = encode(reply)
    let sent = 0
    const timer = setInterval(() => channel.write(bytes.subarray(sent, ++sent)), 1000)
    channel.once('close', () => clearInterval(timer))
  }),
} satisfies Record<string, Behaviour>
