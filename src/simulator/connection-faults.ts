import { randomBytes } from 'node:crypto'
import type { Socket } from 'node:net'
import type { Behaviour } from './behaviour.ts'
import { flood } from './flood.ts'
import { DrippingStream, UnendedStream } from './piped-stream.ts'

/** Reads what it is sent, so that it notices when its peer goes. */
function instead(act: (socket: Socket) => void): Behaviour {
  return {
    connection(socket) {
      socket.resume()
      act(socket)
    },
  }
}

/** Faults of TCP, and of what listens where SSH should. */
export const CONNECTION_FAULTS = {
  'closes-at-once': instead((socket) => socket.end()),
  'resets-at-once': instead((socket) => socket.resetAndDestroy()),
  /** Takes the connection, and that is all. */
  'silent-after-accept': instead(() => undefined),
  /** Greets as RFC 4253 section 4.2 allows, and never comes to the identification. */
  'greets-and-waits': instead((socket) => socket.write('Authorized access only.\r\n')),
  'turns-away': instead((socket) => socket.end('Too many users, try later.\r\n')),
  /** Greets, and has no room: the words that count come last, and without the end of a line. */
  'greets-and-turns-away': instead((socket) => socket.end('Authorized access only.\r\nExceeded MaxStartups')),
  'speaks-http': instead((socket) => socket.write('HTTP/1.1 400 Bad Request\r\nServer: admin\r\n\r\n')),
  'speaks-telnet': instead((socket) => socket.write(Buffer.of(0xff, 0xfd, 0x18, 0xff, 0xfd, 0x20))),
  'speaks-ssh-1': instead((socket) => socket.write('SSH-1.5-Cisco-1.25\n')),
  /** Random bytes without end. */
  'floods-garbage': instead((socket) => flood(socket, randomBytes(65_536))),
  /** Lines without end, each of them allowed before an identification. */
  'floods-lines': instead((socket) =>
    flood(socket, 'All work and no play makes a dull router.\r\n'.repeat(500)),
  ),
  /** One line without end. */
  'floods-one-line': instead((socket) => flood(socket, 'x'.repeat(65_536))),
  'malformed-identification': instead((socket) => socket.write('SSH-2.0_Router\r\n')),
  'silent-after-identification': instead((socket) => socket.write('SSH-2.0-Cisco-1.25\r\n')),
  'closes-after-identification': instead((socket) => socket.end('SSH-2.0-Cisco-1.25\r\n')),
  'resets-after-identification': instead((socket) => {
    socket.write('SSH-2.0-Cisco-1.25\r\n')
    // The peer's identification has come by then, and ours has gone.
    socket.once('data', () => socket.resetAndDestroy())
  }),
  /** Does all as it should, one byte a second. */
  'one-byte-a-second': {
    connection: (socket, serve) => serve(new DrippingStream(socket, 1000)),
  },
  /** Does all as it should, each byte in a packet of its own. */
  'one-byte-a-packet': {
    connection: (socket, serve) => serve(new DrippingStream(socket, 0)),
  },
  /** Does all as it should, but leaves it to the peer to close the connection. */
  'closes-without-fin': {
    connection: (socket, serve) => serve(new UnendedStream(socket)),
  },
} satisfies Record<string, Behaviour>
