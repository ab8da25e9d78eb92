/** Encodes a string as RFC 4251 section 5 does: its length, then its bytes. */
export function sshString(content: string | Buffer): Buffer {
  const bytes = typeof content === 'string' ? Buffer.from(content) : content
  return Buffer.concat([uint32(bytes.length), bytes])
}

/** Encodes a `uint32` of RFC 4251 section 5. */
export function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32BE(value)
  return bytes
}
