import type { ServerChannel } from 'ssh2'
import { encodeChunked, FrameDecoder } from '../../../src/netconf/protocol/framing.ts'
import { helloOf } from './ssh-device.ts'

const BASE = 'urn:ietf:params:xml:ns:netconf:base:1.0'

/**
 * A NETCONF server that answers each `<rpc>` with what `answer` puts inside of the reply; null: with nothing at all.
 * Since it answers in order, it then answers nothing any more.
 */
export function serving(
  capabilities: readonly string[],
  answer: (rpc: string, channel: ServerChannel) => string | null,
): (channel: ServerChannel) => void {
  return (channel) => {
    channel.write(`${helloOf(capabilities.map((uri) => uri.replaceAll('&', '&amp;')))}]]>]]>`)
    let isSilent = false
    const decoder = new FrameDecoder({
      maxMessageBytes: 100_000,
      onMessage: (message) => {
        const rpc = message.toString()
        if (rpc.includes('<hello')) {
          decoder.useChunks()
          return
        }
        const id = /message-id="(\d+)"/.exec(rpc)?.[1] ?? ''
        const content = rpc.includes('<close-session/>') ? '<ok/>' : answer(rpc, channel)
        isSilent ||= content === null
        if (isSilent) return
        channel.write(encodeChunked(`<rpc-reply message-id="${id}" xmlns="${BASE}">${content}</rpc-reply>`))
      },
    })
    channel.on('data', (bytes: Buffer) => decoder.push(bytes))
  }
}
