import type { CDPSession } from 'playwright-core'

/** The parts of a heap snapshot, as V8 writes it, that tell what kind of thing each node is. */
interface HeapSnapshot {
  snapshot: {
    meta: {
      node_fields: string[]
      /** For the first field, `type`, the names of its values. */
      node_types: [string[], ...unknown[]]
    }
  }
  /** The fields of all nodes, one node after the other. */
  nodes: number[]
}

/**
 * Returns the bytes of a page's heap that hold compiled code: bytecode, machine code, and what V8 has noted
 * to make it. It takes a heap snapshot, and counts what the developer tools call *Code*.
 */
export async function compiledCodeBytes(devtools: CDPSession): Promise<number> {
  const chunks: string[] = []
  const note = ({ chunk }: { chunk: string }) => chunks.push(chunk)
  devtools.on('HeapProfiler.addHeapSnapshotChunk', note)
  try {
    await devtools.send('HeapProfiler.takeHeapSnapshot')
  } finally {
    devtools.off('HeapProfiler.addHeapSnapshotChunk', note)
  }
  const { snapshot, nodes } = JSON.parse(chunks.join('')) as HeapSnapshot
  const { node_fields: fields, node_types: types } = snapshot.meta
  const code = types[0].indexOf('code')
  const [type, size] = [fields.indexOf('type'), fields.indexOf('self_size')]
  if (code < 0 || type < 0 || size < 0) throw new Error('The heap snapshot does not say what is code.')
  let bytes = 0
  for (let node = 0; node < nodes.length; node += fields.length) {
    if (nodes[node + type] === code) bytes += nodes[node + size] ?? 0
  }
  return bytes
}
