import { type Behaviour, flood } from './behaviour.ts'
import { serveNetconf } from './netconf-server.ts'
import type { ServerChannel } from './ssh-server.ts'

const END = ']]>]]>'
const MEBIBYTE = Buffer.alloc(1024 * 1024, '% Warning: flash is full\n')

/** Sends something before its hello, and is a good server from then on. */
function first(noise: string): Behaviour {
  return {
    netconf({ channel, hello }) {
      channel.write(noise)
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

/** Faults that send something instead of a hello, before it, or beside it. */
export const NOISE_FAULTS = {
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
