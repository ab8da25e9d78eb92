import ssh2 from 'ssh2'
import { offerFor } from '../../../src/netconf/ssh/ssh-algorithms.ts'
import { runNodeClient } from '../support/node-client.ts'

// The least that a NETCONF client on ssh2 can do: log in, say hello, wait for the other's, hang up. It parses nothing
// and guards against nothing; what our own probe costs beyond it is ours, and the rest is the library's.

const END_OF_MESSAGE = ']]>]]>'
const HELLO = `<hello xmlns="urn:ietf:params:xml:ns:netconf:base:1.0"><capabilities><capability>urn:ietf:params:netconf:base:1.0</capability></capabilities></hello>${END_OF_MESSAGE}`
const algorithms = offerFor({ hostKeys: { check: 'any' }, legacyAlgorithms: false })

await runNodeClient(async ({ devices, credential, timeoutMs }) => ({
  probe: (index) =>
    new Promise((resolve) => {
      const device = devices[index]
      if (device === undefined) throw new Error(`There is no device ${index}.`)
      const client = new ssh2.Client()
      const end = (outcome: string): void => {
        clearTimeout(deadline)
        client.destroy()
        resolve(outcome)
      }
      const deadline = setTimeout(() => end('TIMEOUT'), timeoutMs)
      client.on('error', () => end('FAILED'))
      client.once('ready', () => {
        client.subsys('netconf', (problem, channel) => {
          if (problem !== undefined) return end('FAILED')
          let tail = ''
          channel.on('data', (bytes: Buffer) => {
            tail = tail.slice(-END_OF_MESSAGE.length) + bytes.toString('latin1')
            if (tail.includes(END_OF_MESSAGE)) end('SUPPORTED')
          })
          channel.write(HELLO)
        })
      })
      client.connect({
        ...device,
        username: credential.username,
        ...(credential.password !== undefined && { password: credential.password }),
        algorithms,
        readyTimeout: 0,
        authHandler: ['password'],
      })
      // Else half of its packets wait for the acknowledgement of the one before.
      client.setNoDelay(true)
    }),
  close: async () => undefined,
}))
