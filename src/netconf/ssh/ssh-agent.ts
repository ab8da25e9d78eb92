import type { Duplex } from 'node:stream'
import ssh2 from 'ssh2'
import type { Clock } from '../../base/clock.ts'

/**
 * An ssh-agent (draft-ietf-sshm-ssh-agent) on a UNIX socket. It signs with keys that this process never sees.
 * An agent that waits for a person, who has to touch a token for example, answers late or never: `close` ends
 * all requests.
 */
export class SshAgent extends ssh2.OpenSSHAgent {
  readonly #streams = new Set<Duplex>()
  #isClosed = false

  override getStream(callback: (error: Error | undefined, stream?: Duplex) => void): void {
    super.getStream((error: unknown, stream?: Duplex) => {
      if (stream !== undefined) this.#keep(stream)
      callback(error instanceof Error ? error : undefined, stream)
    })
  }

  close(): void {
    this.#isClosed = true
    for (const stream of this.#streams) stream.destroy()
  }

  #keep(stream: Duplex): void {
    this.#streams.add(stream)
    stream.once('close', () => this.#streams.delete(stream))
    if (this.#isClosed) stream.destroy()
  }
}

/** The time limit for an agent to list its keys. It needs no person for that. */
const MAX_LIST_MS = 3_000

/** Returns the number of keys that an agent holds; null if there is no agent that answers. */
export async function countAgentKeys(socketPath: string, clock: Clock): Promise<number | null> {
  const agent = new SshAgent(socketPath)
  const { promise, resolve } = Promise.withResolvers<number | null>()
  const cancelTimer = clock.after(MAX_LIST_MS, () => resolve(null))
  agent.getIdentities((error, keys) => resolve(error ? null : (keys?.length ?? 0)))
  try {
    return await promise
  } finally {
    cancelTimer()
    agent.close()
  }
}
