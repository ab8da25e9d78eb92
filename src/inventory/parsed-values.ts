/** A number of a JSON text that JavaScript would write differently, such as 9007199254740993, 1.0 or 1e3. */
export class WrittenNumber {
  /** The number as it was written. */
  readonly text: string

  constructor(text: string) {
    this.text = text
  }

  /** Returns the nearest number that JavaScript can represent. */
  valueOf(): number {
    return Number(this.text)
  }
}

/** Tells whether a value of a JSON or YAML document is an object: not a list, and not a `WrittenNumber`. */
export function isObject(value: unknown): value is Record<string, unknown> {
  return (
    typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof WrittenNumber)
  )
}

/** Returns the digits of a whole number of at least 0; null for anything else. */
export function digitsOf(value: unknown): string | null {
  const text = value instanceof WrittenNumber ? value.text : typeof value === 'number' ? String(value) : ''
  return /^\d+$/.test(text) ? text : null
}
