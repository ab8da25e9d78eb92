import type { Behaviour } from './behaviour.ts'
import { flood } from './flood.ts'
import { serveNetconf } from './netconf-server.ts'
import type { ServerChannel } from './ssh-server.ts'

const END = ']]>]]>'
const MEBIBYTE = Buffer.alloc(1024 * 1024, '% Warning: flash is full\n')

/** Says something before its hello, then is a good server. */
function first(noise: string): Behaviour {
  return {
    netconf({ channel, hello }) {
      channel.write(noise)
      serveNetconf(channel, hello)
    },
  }
}

/** Never comes to its hello. */
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

/** What comes instead of a hello, or before it, or beside it. */
export const NOISE_FAULTS = {
  'greets-before-hello': first('\ufeff\r\n\0\0<!-- No zombies were killed -->\r\nlast login: never\r\n'),
  'rpc-error-before-hello': first(
    `<rpc-reply><rpc-error><error-message>too many sessions</error-message></rpc-error></rpc-reply>${END}`,
  ),
  /** Starts with what it was sent, as a terminal does. */
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
  /** Sends back what it is sent, and has no hello of its own. */
  'echoes-instead-of-hello': { netconf: ({ channel }) => void channel.pipe(channel) },
  /** Refuses the session in an answer to nothing, and waits. */
  'answers-error-for-hello': instead((channel) => channel.write(DENIED + END)),
  'answers-error-and-hangs-up': {
    netconf({ channel, socket }) {
      channel.resume()
      channel.write(DENIED + END, () => socket.end())
    },
  },
  /** Ends its banner as if it were its hello. */
  'banner-instead-of-hello': instead((channel) => channel.write(`Authorized access only.\r\n${END}`)),
  /** A shell in the place of the server. */
  'prompt-instead-of-hello': instead((channel) => channel.write('\r\nrouter# ')),
  'floods-before-hello': instead((channel) => flood(channel, MEBIBYTE)),
  /** Messages without end, none of them a hello. */
  'floods-messages': instead((channel) => flood(channel, `<notification/>${END}`.repeat(1000))),
  /** Messages without end and without content. */
  'floods-empty-messages': instead((channel) => flood(channel, END.repeat(10_000))),
  /** Fills standard error, which stalls a peer that does not read it, then is a good server. */
  'five-megabytes-of-stderr': {
    netconf: ({ channel, hello }) => flood(channel.stderr, MEBIBYTE, 5, () => serveNetconf(channel, hello)),
  },
  'floods-stderr': instead((channel) => flood(channel.stderr, MEBIBYTE)),
} satisfies Record<string, Behaviour>
