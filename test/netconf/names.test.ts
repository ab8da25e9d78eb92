import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setImmediate } from 'node:timers/promises'
import { expect, it, onTestFinished } from 'vitest'
import { type NameFiles, NameResolver } from '../../src/netconf/names.ts'

const TYPE_A = 1

/** A name server on loopback (RFC 1035). It has an address for some names, no answer for others, and denies the rest. */
async function nameServer(addresses: Readonly<Record<string, string | null>>) {
  const asked: string[] = []
  const socket = createSocket('udp4')
  socket.on('message', (query, { port, address }) => {
    const labels: string[] = []
    let at = 12
    for (let length = query[at] ?? 0; length > 0; length = query[at] ?? 0) {
      labels.push(query.toString('latin1', at + 1, at + 1 + length))
      at += 1 + length
    }
    const name = labels.join('.')
    const type = query.readUInt16BE(at + 1)
    asked.push(name)
    const found = addresses[name]
    if (found === null || (found === undefined && name.startsWith('dead'))) return
    const isAnswered = found !== undefined && type === TYPE_A
    const head = Buffer.from(query.subarray(0, 12))
    head.writeUInt16BE(found === undefined ? 0x8183 : 0x8180, 2)
    head.writeUInt16BE(isAnswered ? 1 : 0, 6)
    head.writeUInt16BE(0, 8)
    head.writeUInt16BE(0, 10)
    const answer = Buffer.from([
      0xc0,
      12,
      0,
      TYPE_A,
      0,
      1,
      0,
      0,
      0,
      60,
      0,
      4,
      ...(found ?? '').split('.').map(Number),
    ])
    const parts = [head, query.subarray(12, at + 5), ...(isAnswered ? [answer] : [])]
    socket.send(Buffer.concat(parts), port, address)
  })
  socket.bind(0, '127.0.0.1')
  await once(socket, 'listening')
  onTestFinished(() => void socket.close())
  return { asked, server: `127.0.0.1:${socket.address().port}` }
}

async function files(contents: Partial<NameFiles>): Promise<NameFiles> {
  const folder = await mkdtemp(join(tmpdir(), 'rollcall-names-'))
  onTestFinished(() => rm(folder, { recursive: true }))
  const write = async (name: string, content = '') => {
    const path = join(folder, name)
    await writeFile(path, content)
    return path
  }
  return {
    hosts: await write('hosts', contents.hosts),
    resolvConf: await write('resolv.conf', contents.resolvConf),
    nsswitch: await write('nsswitch.conf', contents.nsswitch ?? 'hosts: files dns'),
  }
}

it('resolves a name while a thousand others get no answer', async () => {
  const { server } = await nameServer({ 'r1.example.net': '192.0.2.1' })
  const resolver = new NameResolver(await files({}), [server])
  let settled = 0
  for (let count = 0; count < 1_000; count += 1) {
    void resolver
      .resolve(`dead-${count}.example.net`)
      .catch(() => undefined)
      .finally(() => {
        settled += 1
      })
    // A burst would overrun the buffer of the socket. Probes start one by one as well.
    if (count % 5 === 0) await setImmediate()
  }

  expect(await resolver.resolve('r1.example.net')).toEqual(['192.0.2.1'])
  expect(settled).toBe(0)
})

it('takes addresses from the hosts file first, in any case of letters', async () => {
  const { server, asked } = await nameServer({ 'r1.example.net': '192.0.2.1' })
  const hosts = '# ours\n192.0.2.7 R1.example.net r1 # core\n192.0.2.8 r1\n'
  const resolver = new NameResolver(await files({ hosts }), [server])

  expect(await resolver.resolve('r1.EXAMPLE.net')).toEqual(['192.0.2.7'])
  expect(await resolver.resolve('r1')).toEqual(['192.0.2.7', '192.0.2.8'])
  expect(asked).toEqual([])
})

it('looks in the search domains, before or after the name itself by its dots', async () => {
  const { server, asked } = await nameServer({
    'r2.lab.example': '192.0.2.2',
    'r3.site.lab.example': '192.0.2.3',
  })
  const resolvConf = 'domain old.example\nsearch example.org lab.example.\noptions rotate ndots:1\n'
  const resolver = new NameResolver(await files({ resolvConf }), [server])

  expect(await resolver.resolve('r2')).toEqual(['192.0.2.2'])
  expect(new Set(asked)).toEqual(new Set(['r2.example.org', 'r2.lab.example']))
  asked.length = 0
  expect(await resolver.resolve('r3.site')).toEqual(['192.0.2.3'])
  expect([...new Set(asked)]).toEqual(['r3.site', 'r3.site.example.org', 'r3.site.lab.example'])
  asked.length = 0
  await expect(resolver.resolve('r2.')).rejects.toMatchObject({ code: 'ENOTFOUND' })
  expect([...new Set(asked)]).toEqual(['r2'])
})

it.each([
  ['hosts: files dns', 'ENOTFOUND'],
  ['hosts: files mdns4_minimal [NOTFOUND=return] resolve [!UNAVAIL=return] dns myhostname', 'ENOTFOUND'],
])('reports a name that the name server denies, with "%s"', async (nsswitch, code) => {
  const { server } = await nameServer({})
  const resolver = new NameResolver(await files({ nsswitch }), [server])
  await expect(resolver.resolve('gone.example.net')).rejects.toMatchObject({ code })
})

it('reads the files again when they have changed', async () => {
  const { server } = await nameServer({})
  const paths = await files({ hosts: '192.0.2.1 r1\n' })
  const resolver = new NameResolver(paths, [server], 0)
  expect(await resolver.resolve('r1')).toEqual(['192.0.2.1'])
  await writeFile(paths.hosts, '192.0.2.9 r1\n')
  expect(await resolver.resolve('r1')).toEqual(['192.0.2.9'])
})
