/** A number of a JSON text that JavaScript would write in another way, such as 9007199254740993, 1.0 or 1e3. */
export class WrittenNumber {
  /** As it was written. */
  readonly text: string

  constructor(text: string) {
    this.text = text
  }

  /** The nearest number that JavaScript has. */
  valueOf(): number {
    return Number(this.text)
  }
}

/** Tells an object of a JSON or YAML document, which is neither a list nor a number that is kept as it was written. */
export function isObject(value: unknown): value is Record<string, unknown> {
  return (
    typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof WrittenNumber)
  )
}

/** The digits of a whole number of at least 0; null for everything else. */
export function digitsOf(value: unknown): string | null {
  const text = value instanceof WrittenNumber ? value.text : typeof value === 'number' ? String(value) : ''
  return /^\d+$/.test(text) ? text : null
}
