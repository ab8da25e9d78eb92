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

export type { AuthContext, ServerChannel }

/** The one account that every device of a fleet has. */
export interface SshLogin {
  username: string
  password: string
  /** `ssh-ed25519 AAAA…`. */
  publicKey: string
}

/** What one device shows of itself over SSH, and what it does with an opened NETCONF subsystem. */
export interface SshFace {
  /** PEM, as OpenSSH writes it. */
  hostKey: string
  /** What follows `SSH-2.0-`. */
  identification: string
  /** The connection underneath, for a fault that breaks it. */
  socket: Socket
  fault: SshFault
  /** Gets the channel of the subsystem; bytes of stdin come out of it, what is written goes to stdout. */
  onNetconf(channel: ServerChannel): void
}

/** What a device does otherwise than it should on its SSH layer; what is left out goes well. */
export interface SshFault {
  /** What follows `SSH-2.0-`, in place of what the platform says. */
  identification?: string
  /** Sent before the login (RFC 4252 section 5.4). */
  banner?: string
  /** Instead of the usual ones, kind by kind. */
  algorithms?: ServerConfig['algorithms']
  /** Answers one attempt; `admit` answers it as it should be. */
  login?(
    context: AuthContext,
    line: { socket: Socket; account: SshLogin; admit: (context: AuthContext) => void },
  ): void
  /** Instead of opening a session's channel. */
  session?(line: { rejectSession: () => void }): void
  /** Instead of opening the subsystem. */
  subsystem?(line: { socket: Socket; rejectSubsystem: () => void }): void
}

/** In the order that costs both sides least; the peer's order decides. */
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

/** ssh2 cannot switch its keep-alive off; network devices have none, so it is put off for weeks. */
const KEEPALIVE_NEVER_MS = 2 ** 31 - 1

/** The SSH side of a device (RFC 4253, 4252, 4254): a login, the subsystem `netconf`, and nothing else. */
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
    // ssh2 takes bytes as well, whatever its types say, and an empty text for its own name.
    const ident: object = { ident: Buffer.from(identification) }
    // A server for each connection, because one keeps 10 KB: too much to hold one for each of 14,000 devices.
    const server = new ssh2.Server({
      hostKeys: [face.hostKey],
      ...ident,
      algorithms: algorithms === undefined ? ALGORITHMS : { ...ALGORITHMS, ...algorithms },
      ...(banner === undefined ? {} : { banner }),
      keepaliveInterval: KEEPALIVE_NEVER_MS,
    })
    server.on('connection', (connection) => this.#onConnection(connection, face))
    // ssh2 uses no more of a socket than a Duplex has, except for the address, which is nobody's concern here.
    server.injectSocket(stream as Socket)
  }

  #onConnection(connection: Connection, face: SshFace): void {
    let sessions = 0
    // What a peer does wrong is the peer's affair: ssh2 ends the connection after every error.
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
        // Devices hang up when the last session is over, where sshd would wait for the client to do it.
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
    // Without a signature the client asks only whether this key would do.
    if (context.signature === undefined || context.blob === undefined) return true
    return this.#publicKey.verify(context.blob, context.signature, context.hashAlgo) === true
  }
}

/** ssh2 refuses by itself every request that nobody listens for: shell, exec, pty, env, sftp, forwarding. */
function serveSubsystem(
  session: Session,
  { socket, fault }: SshFace,
  onNetconf: (channel: ServerChannel) => void,
): void {
  session.on('subsystem', (accept, reject, { name }) => {
    // `reject` is missing where the client wants no reply.
    const rejectSubsystem = (): void => reject?.()
    if (name !== 'netconf') {
      rejectSubsystem()
    } else if (fault.subsystem !== undefined) {
      fault.subsystem({ socket, rejectSubsystem })
    } else {
      const channel = accept()
      // A peer that goes in the middle of a write is no news here either.
      channel.on('error', () => undefined)
      channel.stderr.on('error', () => undefined)
      onNetconf(channel)
    }
  })
}
