import { createHash, randomUUID } from 'node:crypto'
import { createServer, type Socket } from 'node:net'
import ssh2, { type AuthContext, type Connection, type ServerChannel } from 'ssh2'
import { onTestFinished } from 'vitest'
import { deriveKeyPair } from '../../src/simulator/key-pair.ts'

/** What a device knows of the one who logs in. */
interface Seen {
  /** The last password that it was sent, by any method. */
  password: string
}

export interface LabBehaviour {
  /** By default every password is right. */
  login?: (context: AuthContext, seen: Seen, connection: Connection) => void
  /** By default says a hello of `capabilities`, answers each RPC with `answer`, or else with `<ok/>`. */
  netconf?: (channel: ServerChannel, seen: Seen) => void
  capabilities?: readonly string[] | ((seen: Seen) => readonly string[])
  /** The content of the reply to an RPC; null: `<ok/>`. */
  answer?: (rpc: string, seen: Seen) => string | null
}

/** A NETCONF server on loopback that does as a test wants; closed with the test. */
export interface LabDevice {
  readonly host: string
  readonly port: number
  /** The host key as it is now. */
  readonly hostKey: LabHostKey
  /** Every password that it was sent. */
  readonly passwords: readonly string[]
  /** From the next connection on it shows another host key. */
  changeHostKey(): LabHostKey
}

interface LabHostKey {
  /** PEM. */
  private: string
  /** `ssh-ed25519 AAAA…`, as in a known-hosts file. */
  public: string
  fingerprint: string
}

const END = ']]>]]>'

export async function startLabDevice(behaviour: LabBehaviour = {}): Promise<LabDevice> {
  let hostKey = newHostKey()
  const passwords: string[] = []
  const sockets = new Set<Socket>()
  const server = createServer({ noDelay: true }, (socket) => {
    sockets.add(socket)
    socket.on('error', () => {})
    socket.on('close', () => sockets.delete(socket))
    const ssh = new ssh2.Server({ hostKeys: [hostKey.private] })
    ssh.once('connection', (connection: Connection) => serve(connection, behaviour, passwords))
    ssh.injectSocket(socket)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(async () => {
    for (const socket of sockets) socket.destroy()
    await new Promise((resolve) => server.close(resolve))
  })
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('no port')
  return {
    host: '127.0.0.1',
    port: address.port,
    get hostKey() {
      return hostKey
    },
    passwords,
    changeHostKey: () => {
      hostKey = newHostKey()
      return hostKey
    },
  }
}

function newHostKey(): LabHostKey {
  // Not ssh2's own generator: one in some two hundred of its keys is malformed.
  const { privateKey, publicKey } = deriveKeyPair(randomUUID())
  const [, encoded = ''] = publicKey.split(' ')
  const digest = createHash('sha256').update(Buffer.from(encoded, 'base64')).digest('base64')
  return {
    private: privateKey,
    public: publicKey,
    fingerprint: `SHA256:${digest.replace(/=+$/, '')}`,
  }
}

function serve(connection: Connection, behaviour: LabBehaviour, passwords: string[]): void {
  const seen: Seen = { password: '' }
  connection.on('error', () => {})
  connection.on('authentication', (context) => {
    if (context.method === 'password') {
      seen.password = context.password
      passwords.push(context.password)
    }
    if (behaviour.login) behaviour.login(context, seen, connection)
    else if (context.method === 'password') context.accept()
    else context.reject(['password'])
  })
  connection.on('session', (acceptSession) => {
    acceptSession().on('subsystem', (accept) => {
      const channel = accept()
      channel.on('error', () => {})
      if (behaviour.netconf) behaviour.netconf(channel, seen)
      else speakNetconf(channel, behaviour, seen)
    })
  })
}

function speakNetconf(channel: ServerChannel, behaviour: LabBehaviour, seen: Seen): void {
  const { capabilities: own = [], answer } = behaviour
  const capabilities = typeof own === 'function' ? own(seen) : own
  channel.write(helloOf(['urn:ietf:params:netconf:base:1.0', ...capabilities]))
  let heard = ''
  channel.on('data', (bytes: Buffer) => {
    const messages = (heard + bytes.toString()).split(END)
    heard = messages.pop() ?? ''
    for (const message of messages) {
      const [, id] = /message-id="([^"]*)"/.exec(message) ?? []
      if (id === undefined) continue
      const content = answer?.(message, seen) ?? '<ok/>'
      channel.write(
        `<rpc-reply xmlns="urn:ietf:params:xml:ns:netconf:base:1.0" message-id="${id}">${content}</rpc-reply>${END}`,
      )
    }
  })
}

function helloOf(capabilities: readonly string[]): string {
  const list = capabilities.map((uri) => `<capability>${uri}</capability>`).join('')
  return `<hello xmlns="urn:ietf:params:xml:ns:netconf:base:1.0"><capabilities>${list}</capabilities><session-id>7</session-id></hello>${END}`
}
