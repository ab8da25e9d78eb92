/** The results of one event of a `probeResults` subscription, by their sequence numbers in the refresh. */
interface ReceivedResults {
  firstSeq: number
  lastSeq: number
}

interface ParsedEvent extends ReceivedResults {
  /** Of each of its results the number that its id got. */
  numbers: number[]
}

/** Subscribers get the same events mostly, within a short time. */
const MAX_KEPT_EVENTS = 256
const END_OF_EVENT = '\n\n'

/** Reads the streams of many subscribers to one refresh; an event that many get is parsed once. */
export class SseResults {
  readonly #numbers = new Map<string, number>()
  readonly #events = new Map<string, ParsedEvent | null>()

  stream(): SseStream {
    return new SseStream((text) => this.#event(text))
  }

  /** Null where the event tells no results. */
  #event(text: string): ParsedEvent | null {
    const known = this.#events.get(text)
    if (known !== undefined) return known
    if (this.#events.size >= MAX_KEPT_EVENTS) this.#events.clear()
    const event = this.#parse(text)
    this.#events.set(text, event)
    return event
  }

  #parse(text: string): ParsedEvent | null {
    const [, data] = /^data: (\{.*)$/m.exec(text) ?? []
    if (data === undefined) return null
    const answer = JSON.parse(data) as {
      data?: { probeResults: { cursor: string; probes: { id: string }[] } }
    }
    if (answer.data === undefined) throw new Error(`An event has errors: ${data}`)
    const { cursor, probes } = answer.data.probeResults
    if (probes.length === 0) return null
    const lastSeq = seqIn(cursor)
    return {
      numbers: probes.map(({ id }) => this.#numberOf(id)),
      firstSeq: lastSeq - probes.length + 1,
      lastSeq,
    }
  }

  #numberOf(id: string): number {
    const number = this.#numbers.get(id) ?? this.#numbers.size
    this.#numbers.set(id, number)
    return number
  }
}

/** What one subscriber has received. */
class SseStream {
  readonly #eventOf: (text: string) => ParsedEvent | null
  readonly #seen: boolean[] = []
  #rest = ''
  #lastSeq = 0
  received = 0
  repeated = 0
  gaps = 0

  constructor(eventOf: (text: string) => ParsedEvent | null) {
    this.#eventOf = eventOf
  }

  /** The events that are complete with this chunk. */
  read(chunk: Buffer): ReceivedResults[] {
    // Only ASCII matters in it, and that comes out right.
    const parts = (this.#rest + chunk.toString('latin1')).split(END_OF_EVENT)
    this.#rest = parts.pop() ?? ''
    const events = parts.map(this.#eventOf).filter((event) => event !== null)
    for (const event of events) this.#count(event)
    return events
  }

  #count({ numbers, firstSeq, lastSeq }: ParsedEvent): void {
    if (firstSeq !== this.#lastSeq + 1) this.gaps += 1
    this.#lastSeq = lastSeq
    for (const number of numbers) {
      if (this.#seen[number]) this.repeated += 1
      else this.received += 1
      this.#seen[number] = true
    }
  }
}

/** A cursor is opaque to clients; this one looks into it, to know of each result when it was committed. */
function seqIn(cursor: string): number {
  const seq = Number(Buffer.from(cursor, 'base64url').toString().split(':').at(-1))
  if (!Number.isInteger(seq)) throw new Error(`The cursor ${cursor} holds no sequence number.`)
  return seq
}
