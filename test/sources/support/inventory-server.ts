import { createHash } from 'node:crypto'
import { TestServer } from './test-server.ts'

export const INVENTORY_TOKEN = 'a-token-for-the-inventory'

/** A web server with one resource, its entity tag, and a login. */
export async function startInventoryServer(
  content: { type: string; body: string },
  {
    certificate,
    authorization = `Bearer ${INVENTORY_TOKEN}`,
  }: { certificate?: string | undefined; authorization?: string } = {},
): Promise<TestServer> {
  return TestServer.start(
    ({ headers }, response) => {
      const etag = `"${createHash('sha256').update(content.body).digest('hex')}"`
      if (headers.authorization !== authorization) {
        response.writeHead(401).end(`Not for ${headers.authorization}.`)
      } else if (headers['if-none-match'] === etag) {
        response.writeHead(304, { etag }).end()
      } else {
        const length = Buffer.byteLength(content.body)
        response.writeHead(200, { etag, 'content-type': content.type, 'content-length': length })
        response.end(content.body)
      }
    },
    () => true,
    certificate,
  )
}
