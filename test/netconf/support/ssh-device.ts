import { generateKeyPairSync } from 'node:crypto'
import { createServer, type Server as NetServer, type Socket } from 'node:net'
import ssh2, { type AuthContext, type Connection, type ServerChannel, type ServerConfig } from 'ssh2'
import type { ProbeCredential, ProbeTask } from '../../../src/netconf/report/probe-report.ts'
import { probeTask } from '../../support/probe-task.ts'

/** A device on loopback for one test, closed with all its connections when it goes out of scope. */
export interface Device extends AsyncDisposable {
  port: number
  /** Every method of login that was tried, in order. */
  logins: string[]
  /** Connections that are open now. */
  connections(): number
  /** Resolves when the device has seen the last connection go. */
  idle(): Promise<void>
}

export interface SshBehaviour {
  /** What follows `SSH-2.0-`; ssh2's own if left out. */
  identification?: Buffer
  /** What the device says to whoever logs in. */
  banner?: string
  /** Called with each connection before its key exchange. */
  connected?: (connection: Connection, socket: Socket) => void
  /** Called when a key exchange is done. */
  handshaken?: (socket: Socket) => void
  login?: (context: AuthContext, connection: Connection) => void
  /** What the netconf subsystem does; left out: the subsystem is refused. */
  netconf?: (channel: ServerChannel, socket: Socket, connection: Connection) => void
  /** Called instead of accepting or refusing the subsystem. */
  subsystem?: (socket: Socket, connection: Connection) => void
  algorithms?: ServerConfig['algorithms']
  /** Private keys; one RSA key where left out. */
  hostKeys?: string[]
}

const HOST_KEY = generateKeyPairSync('rsa', {
  modulusLength: 2048,
  publicKeyEncoding: { type: 'spki', format: 'pem' },
  privateKeyEncoding: { type: 'pkcs1', format: 'pem' },
}).privateKey

export const CREDENTIAL: ProbeCredential = { username: 'netops', password: 'correct horse' }

export const BASES = ['urn:ietf:params:netconf:base:1.0', 'urn:ietf:params:netconf:base:1.1']

export function helloOf(capabilities: readonly string[], sessionId: string | null = '4'): string {
  const list = capabilities.map((uri) => `<capability>${uri}</capability>`).join('')
  const id = sessionId === null ? '' : `<session-id>${sessionId}</session-id>`
  return `<hello xmlns="urn:ietf:params:xml:ns:netconf:base:1.0"><capabilities>${list}</capabilities>${id}</hello>`
}

export function taskFor(device: { port: number }, changes: Partial<ProbeTask> = {}): ProbeTask {
  return probeTask({ host: '127.0.0.1', port: device.port, credential: CREDENTIAL, ...changes })
}

function acceptPassword(context: AuthContext): void {
  if (context.method === 'password' && context.password === CREDENTIAL.password) context.accept()
  else context.reject(['password'])
}

/** A device that speaks SSH, as far as `behaviour` lets it. */
export async function sshDevice(behaviour: SshBehaviour = {}): Promise<Device> {
  const logins: string[] = []
  const device = await tcpDevice((socket) => {
    // ssh2 takes bytes as well, whatever its types say, and an empty text for its own name.
    const ident: object = behaviour.identification === undefined ? {} : { ident: behaviour.identification }
    // One for each socket: the server does not tell which socket a connection belongs to.
    const ssh = new ssh2.Server({
      hostKeys: behaviour.hostKeys ?? [HOST_KEY],
      algorithms: behaviour.algorithms ?? {},
      ...ident,
      ...(behaviour.banner === undefined ? {} : { banner: behaviour.banner }),
    })
    ssh.once('connection', (connection: Connection) => {
      connection.on('error', () => {})
      behaviour.connected?.(connection, socket)
      connection.once('handshake', () => behaviour.handshaken?.(socket))
      connection.on('authentication', (context) => {
        logins.push(context.method)
        const login = behaviour.login ?? acceptPassword
        login(context, connection)
      })
      connection.on('session', (acceptSession) => {
        const session = acceptSession()
        session.on('subsystem', (accept, reject) => {
          if (behaviour.subsystem) behaviour.subsystem(socket, connection)
          else if (!behaviour.netconf) reject()
          else {
            const channel = accept()
            channel.on('error', () => {})
            behaviour.netconf(channel, socket, connection)
          }
        })
      })
    })
    ssh.injectSocket(socket)
  })
  return Object.assign(device, { logins })
}

/** A device that says something over TCP, or nothing, and reads what it is sent. */
export function talker(act: (socket: Socket) => void): Promise<Device> {
  return tcpDevice((socket) => {
    socket.resume()
    act(socket)
  })
}

/** A device that does with each TCP connection what `onConnection` says. */
export async function tcpDevice(onConnection: (socket: Socket) => void): Promise<Device> {
  const sockets = new Set<Socket>()
  let whenIdle: (() => void)[] = []
  const server: NetServer = createServer({ noDelay: true }, (socket) => {
    sockets.add(socket)
    socket.on('error', () => {})
    socket.on('close', () => {
      sockets.delete(socket)
      if (sockets.size > 0) return
      for (const resolve of whenIdle) resolve()
      whenIdle = []
    })
    onConnection(socket)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('no port')
  return {
    port: address.port,
    logins: [],
    connections: () => sockets.size,
    idle: () => (sockets.size === 0 ? Promise.resolve() : new Promise((resolve) => whenIdle.push(resolve))),
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
