import { InvalidArgumentError, Option } from 'commander'

/** Returns an option with a closed set of values, which may be given in upper or lower case. */
export function choice(flags: string, description: string, values: readonly string[]): Option {
  const parse = oneOf(values)
  return new Option(flags, description).choices(values).argParser((text) => parse(text))
}

/** Returns the same for an option that may be given several times. */
export function choices(flags: string, description: string, values: readonly string[]): Option {
  const parse = oneOf(values)
  return new Option(flags, description)
    .choices(values)
    .argParser((text, before: string[] | undefined) => [...(before ?? []), parse(text)])
}

/**
 * An option whose value is one of these words, or several of them with commas between. The help does not list
 * them, because there may be a hundred.
 */
export class ListOption extends Option {
  readonly words: readonly string[]

  constructor(flags: string, description: string, words: readonly string[]) {
    super(flags, description)
    this.words = words
  }
}

function oneOf(values: readonly string[]): (text: string) => string {
  return (text) => {
    const value = values.find((each) => each === text.toUpperCase())
    if (value !== undefined) return value
    throw new InvalidArgumentError(`Allowed choices are ${values.join(', ')}.`)
  }
}
