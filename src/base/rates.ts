const SECONDS: Readonly<Record<string, number>> = { s: 1, m: 60 }

/** Parses a rate such as `100/s` or `90/m` into times per second. Returns null if the text is not a rate. */
export function parseRate(text: string): number | null {
  const match = /^(\d{1,12}(?:\.\d{1,12})?)\/(s|m)$/.exec(text)
  const seconds = SECONDS[match?.[2] ?? '']
  if (!match || seconds === undefined) return null
  return Number(match[1]) / seconds
}
