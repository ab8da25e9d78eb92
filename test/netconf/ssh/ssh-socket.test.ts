import { once } from 'node:events'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import { text } from 'node:stream/consumers'
import { setImmediate } from 'node:timers/promises'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { SshSocket } from '../../../src/netconf/ssh/ssh-socket.ts'

/** What comes out of a socket that is given these pieces. */
function receive(pieces: readonly string[]): { socket: SshSocket; out: string } {
  const socket = new SshSocket()
  for (const piece of pieces) if (!socket.destroyed) socket.push(Buffer.from(piece, 'latin1'))
  let out = ''
  for (let bytes: Buffer | null = socket.read(); bytes !== null; bytes = socket.read()) {
    out += bytes.toString('latin1')
  }
  socket.destroy()
  return { socket, out }
}

describe('SshSocket', () => {
  it('passes on the identification and the bytes after it, whatever comes before and however it is cut', () => {
    const line = fc.string({ unit: fc.constantFrom('a', 'S', 'H', '-', '2', ' ', '\r') })
    const lines = fc.array(
      line.filter((value) => !/^(SSH-|2)/.test(value)),
      { maxLength: 5 },
    )
    const piece = fc.integer({ min: 1, max: 9 })
    fc.assert(
      fc.property(lines, fc.array(piece, { minLength: 1 }), (banner, sizes) => {
        const follows = '\x00\x01\xff\nSSH-2.0-y\r\n'
        const stream = `${banner.map((text) => `${text}\r\n`).join('')}SSH-2.0-OpenSSH_9.2p1 Debian-2\r\n${follows}`
        const pieces: string[] = []
        for (let at = 0, turn = 0; at < stream.length; turn += 1) {
          const size = sizes[turn % sizes.length] ?? 1
          pieces.push(stream.slice(at, at + size))
          at += size
        }
        const { socket, out } = receive(pieces)
        expect(out).toBe(`\r\nSSH-2.0-OpenSSH_9.2p1 Debian-2\r\n${follows}`)
        expect(socket.identification).toBe('OpenSSH_9.2p1 Debian-2')
        expect(socket.opening.toString('latin1')).toBe(follows)
      }),
    )
  })

  it.each([
    ['SSH-1.99-Cisco-1.25\n', 'Cisco-1.25', 'Cisco-1.25'],
    ['SSH-2.1-x\r\r\n', 'x', 'x'],
    ['SSH-2.0-\r\n', '', 'unnamed'],
    ['SSH-2.0- \r\n', '', 'unnamed '],
    ['SSH-2.0- of ours\r\n', 'of ours', 'unnamed of ours'],
  ])('reads %j, and passes it on in a form that the library accepts', (line, identification, named) => {
    const { socket, out } = receive([line])
    expect(socket.identification).toBe(identification)
    expect(socket.identificationLine).toBe(line.replace(/[\r\n]+$/, ''))
    expect(out).toBe(`\r\nSSH-2.0-${named}\r\n`)
  })

  it('reports an excerpt of an identification, and passes it on unchanged', () => {
    const line = `SSH-2.0-\x1b]0;pwn\x9c  x${'y'.repeat(200)}\r\n`
    const { socket, out } = receive([line])
    expect(socket.identification).toBe(`]0;pwn x${'y'.repeat(112)}…`)
    expect(out).toBe(`\r\n${line}`)
  })

  it('limits the bytes before the login, and less strictly those after it', () => {
    const socket = new SshSocket()
    socket.on('error', () => {})
    socket.push(Buffer.from('SSH-2.0-x\r\n'))
    socket.push(Buffer.alloc(60_000))
    expect(socket.destroyed).toBe(false)
    socket.loggedIn()
    socket.push(Buffer.alloc(60_000))
    expect(socket.destroyed).toBe(false)
    socket.push(Buffer.alloc(16 * 1024 * 1024))
    expect(socket.destroyed).toBe(true)
  })

  it('sends what is written in one turn as one piece, also if it is ended in that turn', async () => {
    await using server = createServer().listen(0, '127.0.0.1')
    await once(server, 'listening')
    const socket = new SshSocket()
    const connected = once(server, 'connection')
    socket.open('127.0.0.1', (server.address() as AddressInfo).port)
    const [peer] = (await connected) as [Socket]
    const received = text(peer)
    await once(socket, 'connect')
    const sent: string[] = []
    const { _write } = socket
    socket._write = (bytes: Buffer, encoding, done) => {
      sent.push(bytes.toString())
      _write.call(socket, bytes, encoding, done)
    }
    for (const piece of ['a', 'b']) socket.write(Buffer.from(piece))
    await Promise.resolve().then(() => socket.write(Buffer.from('c')))
    // As a channel passes on what it has received.
    process.nextTick(() => Promise.resolve().then(() => socket.write(Buffer.from('d'))))
    await setImmediate()
    socket.write(Buffer.from('e'))
    socket.end()
    expect(await received).toBe('abcde')
    expect(sent).toEqual(['abcd', 'e'])
    socket.destroy()
    peer.destroy()
  })
})
