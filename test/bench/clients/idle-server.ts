import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

// A server that does nothing but answer: how long that takes is up to the machine alone.

const server = createServer((_request, response) => response.end('alive'))
server.listen(0, '127.0.0.1', () =>
  process.send?.(`http://127.0.0.1:${(server.address() as AddressInfo).port}`),
)
process.once('disconnect', () => process.exit())
