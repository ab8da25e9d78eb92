import type { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import ssh2, {
  type AuthContext,
  type Connection,
  type ParsedKey,
  type ServerChannel,
  type ServerConfig,
  type Session,
} from 'ssh2'
import { padFirstPackets, prepareCiphers } from '../netconf/ssh/ssh-library.ts'

export type { AuthContext, ServerChannel }

/** The account that every device of a fleet has. */
export interface SshLogin {
  username: string
  password: string
  /** The public key as `ssh-ed25519 AAAA…`. */
  publicKey: string
}

/** The identity that a device shows over SSH, and what it does with an opened NETCONF subsystem. */
export interface SshFace {
  /** The private host key in OpenSSH's format. */
  hostKey: string
  /** The text after `SSH-2.0-`. */
  identification: string
  /** The connection underneath, for a fault that breaks it. */
  socket: Socket
  fault: SshFault
  /** Called with the channel of the subsystem. Reading gives the client's input; writing answers it. */
  onNetconf(channel: ServerChannel): void
}

/** The faults of a device in its SSH layer. Parts that are left out work correctly. */
export interface SshFault {
  /** The text after `SSH-2.0-`, instead of that of the platform. */
  identification?: string
  /** Sent before the login (RFC 4252 section 5.4). */
  banner?: string
  /** The algorithms of some kinds, instead of the usual ones. */
  algorithms?: ServerConfig['algorithms']
  /** Answers one login attempt; `admit` answers it correctly. */
  login?(
    context: AuthContext,
    line: { socket: Socket; account: SshLogin; admit: (context: AuthContext) => void },
  ): void
  /** Called instead of opening the channel of a session. */
  session?(line: { rejectSession: () => void }): void
  /** Called instead of opening the subsystem. */
  subsystem?(line: { socket: Socket; rejectSubsystem: () => void }): void
}

/** The algorithms, the cheapest for both sides first. The order of the peer decides. */
const ALGORITHMS: NonNullable<ServerConfig['algorithms']> = {
  kex: [
    'curve25519-sha256',
    'curve25519-sha256@libssh.org',
    'ecdh-sha2-nistp256',
    'diffie-hellman-group14-sha256',
  ],
  cipher: ['aes128-gcm@openssh.com', 'aes256-gcm@openssh.com', 'aes128-ctr', 'aes256-ctr'],
  hmac: ['hmac-sha2-256-etm@openssh.com', 'hmac-sha2-256'],
  compress: ['none'],
}

const AUTH_METHODS = ['publickey', 'password'] as const

/** Network devices send no keep-alives. ssh2 cannot switch them off, so they are delayed by weeks. */
const KEEPALIVE_NEVER_MS = 2 ** 31 - 1

/** The SSH server of a device (RFC 4253, 4252, 4254): a login, the subsystem `netconf`, and nothing else. */
export class SshServer {
  readonly #login: SshLogin
  readonly #publicKey: ParsedKey

  constructor(login: SshLogin) {
    const publicKey = ssh2.utils.parseKey(login.publicKey)
    if (publicKey instanceof Error) throw publicKey
    this.#login = login
    this.#publicKey = publicKey
  }

  /** Speaks SSH on an accepted connection until either side ends it. */
  serve(stream: Duplex, face: SshFace): void {
    const { banner, algorithms, identification = face.identification } = face.fault
    // ssh2 accepts bytes as well, although its types do not say so. For an empty text it would use its own
    // name.
    const ident: object = { ident: Buffer.from(identification) }
    // Each connection gets a server of its own. A server takes 10 KB, too much to keep one for each of 14,000
    // devices.
    const server = new ssh2.Server({
      hostKeys: [face.hostKey],
      ...ident,
      algorithms: algorithms === undefined ? ALGORITHMS : { ...ALGORITHMS, ...algorithms },
      ...(banner === undefined ? {} : { banner }),
      keepaliveInterval: KEEPALIVE_NEVER_MS,
    })
    server.on('connection', (connection) => this.#onConnection(connection, face))
    // ssh2 uses only the Duplex part of a socket, and the address, which does not matter here.
    server.injectSocket(stream as Socket)
    joinAnswers(stream)
  }

  #onConnection(connection: Connection, face: SshFace): void {
    let sessions = 0
    padFirstPackets(connection)
    connection.once('handshake', () => prepareCiphers(connection))
    // Errors of the peer need no handling: ssh2 ends the connection after each.
    connection.on('error', () => undefined)
    const { socket, fault } = face
    const line = { socket, account: this.#login, admit: (context: AuthContext) => this.#admit(context) }
    connection.on('authentication', (context) => {
      if (fault.login === undefined) this.#admit(context)
      else fault.login(context, line)
    })
    connection.on('session', (accept, rejectSession) => {
      if (fault.session !== undefined) {
        fault.session({ rejectSession })
        return
      }
      serveSubsystem(accept(), face, (channel) => {
        sessions += 1
        // Devices disconnect after the last session; sshd would wait for the client to do that.
        channel.once('close', () => {
          sessions -= 1
          if (sessions === 0) connection.end()
        })
        face.onNetconf(channel)
      })
    })
  }

  #admit(context: AuthContext): void {
    if (this.#admits(context)) context.accept()
    else context.reject([...AUTH_METHODS])
  }

  #admits(context: AuthContext): boolean {
    if (context.username !== this.#login.username) return false
    if (context.method === 'password') return context.password === this.#login.password
    if (context.method !== 'publickey') return false
    if (!this.#publicKey.getPublicSSH().equals(context.key.data)) return false
    // Without a signature, the client only asks whether this key would be accepted.
    if (context.signature === undefined || context.blob === undefined) return true
    return this.#publicKey.verify(context.blob, context.signature, context.hashAlgo) === true
  }
}

/**
 * Sends what is written in answer to the same bytes with one system call. ssh2 alone makes three for each
 * packet, which takes a fourth of the CPU of a fleet. Call it after ssh2 has paused the stream.
 */
function joinAnswers(stream: Duplex): void {
  stream.on('data', () => {
    stream.cork()
    // The tick runs after the callbacks of all promises that are settled by now.
    queueMicrotask(() => process.nextTick(() => stream.uncork()))
  })
}

/**
 * Serves the subsystem. ssh2 itself refuses requests without a listener: shell, exec, pty, env, sftp,
 * forwarding.
 */
function serveSubsystem(
  session: Session,
  { socket, fault }: SshFace,
  onNetconf: (channel: ServerChannel) => void,
): void {
  session.on('subsystem', (accept, reject, { name }) => {
    // `reject` is missing if the client wants no reply.
    const rejectSubsystem = (): void => reject?.()
    if (name !== 'netconf') {
      rejectSubsystem()
    } else if (fault.subsystem !== undefined) {
      fault.subsystem({ socket, rejectSubsystem })
    } else {
      const channel = accept()
      // A peer that disconnects during a write needs no handling either.
      channel.on('error', () => undefined)
      channel.stderr.on('error', () => undefined)
      onNetconf(channel)
    }
  })
}
