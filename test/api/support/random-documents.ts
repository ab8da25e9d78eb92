import fc from 'fast-check'
import {
  type GraphQLArgument,
  GraphQLBoolean,
  type GraphQLInputType,
  type GraphQLNamedOutputType,
  GraphQLNonNull,
  type GraphQLOutputType,
  type GraphQLSchema,
  getNamedType,
  isEnumType,
  isInputObjectType,
  isInterfaceType,
  isListType,
  isNonNullType,
  isObjectType,
  isRequiredArgument,
} from 'graphql'

/** A query with everything that a query may have, valid for the schema, and its variables. */
export interface RandomDocument {
  text: string
  variables: Record<string, unknown>
}

interface RandomOptions {
  /** Values for scalars by the argument's or the input field's name, else by the type's name. */
  values: Readonly<Record<string, readonly unknown[]>>
  /** How many levels of fields there may be. */
  depth: number
}

/** Queries with aliases, arguments, variables with and without defaults, fragments, `@skip` and `@include`. */
export function randomDocuments(schema: GraphQLSchema, options: RandomOptions): fc.Arbitrary<RandomDocument> {
  return fc.gen().map((choose) => {
    const writer = new DocumentWriter(schema, options, (below) => choose(fc.nat, { max: below - 1 }))
    return writer.write()
  })
}

const CONDITION = new GraphQLNonNull(GraphQLBoolean)

/** What every schema can be asked about itself. */
const INTROSPECTION = [
  '__schema { queryType { name } types { name } }',
  '__type(name: "Device") { name kind }',
] as const

class DocumentWriter {
  readonly #schema: GraphQLSchema
  readonly #options: RandomOptions
  /** A whole number from 0 to below what is given. */
  readonly #below: (limit: number) => number
  readonly #definitions: string[] = []
  readonly #variables: Record<string, unknown> = {}
  readonly #fragments: string[] = []
  #count = 0

  constructor(schema: GraphQLSchema, options: RandomOptions, below: (limit: number) => number) {
    this.#schema = schema
    this.#options = options
    this.#below = below
  }

  write(): RandomDocument {
    const root = this.#schema.getQueryType()
    if (!root) throw new Error('The schema has no queries.')
    const about = INTROSPECTION[this.#below(20)]
    const selection = this.#selection(root, this.#options.depth).replace(
      '__typename',
      about ? `__typename ${about}` : '__typename',
    )
    const definitions = this.#definitions.length > 0 ? `(${this.#definitions.join(', ')})` : ''
    const text = [`query Random${definitions} ${selection}`, ...this.#fragments].join('\n')
    return { text, variables: this.#variables }
  }

  #selection(type: GraphQLNamedOutputType, depth: number): string {
    if (!isObjectType(type) && !isInterfaceType(type)) return ''
    const fields = Object.values(type.getFields()).filter(
      (field) =>
        depth > 1 || !(isObjectType(getNamedType(field.type)) || isInterfaceType(getNamedType(field.type))),
    )
    const parts = ['__typename']
    for (let count = 1 + this.#below(4); count > 0 && fields.length > 0; count -= 1) {
      const field = this.#oneOf(fields)
      const below = this.#selectionOf(field.type, depth - 1)
      const text = `${this.#alias()}: ${field.name}${this.#arguments(field.args)}${this.#directives()} ${below}`
      parts.push(this.#wrapped(type.name, text))
    }
    if (isInterfaceType(type)) {
      const possible = this.#oneOf(this.#schema.getPossibleTypes(type))
      parts.push(`... on ${possible.name} ${this.#selection(possible, depth)}`)
    }
    return `{ ${parts.join(' ')} }`
  }

  #selectionOf(type: GraphQLOutputType, depth: number): string {
    return this.#selection(getNamedType(type), depth)
  }

  /** As it is, in a fragment without a name, or in one with a name that is spread once or twice. */
  #wrapped(typeName: string, text: string): string {
    switch (this.#below(8)) {
      case 0:
        return `...${this.#directives()} { ${text} }`
      case 1:
        return `... on ${typeName}${this.#directives()} { ${text} }`
      case 2: {
        const name = `Fragment${this.#fragments.length}`
        this.#fragments.push(`fragment ${name} on ${typeName} { ${text} }`)
        return `...${name}${this.#directives()} ...${name}`
      }
      default:
        return text
    }
  }

  #directives(): string {
    const name = ['skip', 'include'][this.#below(12)]
    if (!name) return ''
    return ` @${name}(if: ${this.#input('if', CONDITION)})`
  }

  #arguments(given: readonly GraphQLArgument[]): string {
    const texts = given
      .filter((argument) => isRequiredArgument(argument) || this.#below(3) === 0)
      .map((argument) => `${argument.name}: ${this.#input(argument.name, argument.type)}`)
    return texts.length > 0 ? `(${texts.join(', ')})` : ''
  }

  /** A literal, or a variable. */
  #input(name: string, type: GraphQLInputType): string {
    const value = this.#value(name, type, 2)
    if (this.#below(2) === 0) return literal(value, type)
    if (value === undefined) return 'null'
    if (this.#below(3) > 0) return this.#variable(String(type), value)
    // One that has a default value, and so may be nullable wherever it stands: it may be given, be null, or be left out.
    const variable = this.#newVariable()
    const nullable = isNonNullType(type) ? type.ofType : type
    this.#definitions.push(`${variable}: ${nullable} = ${literal(value, type)}`)
    const given = this.#below(3)
    if (given > 0) this.#variables[variable.slice(1)] = given === 1 ? null : this.#value(name, type, 2)
    return variable
  }

  #variable(type: string, value: unknown): string {
    const variable = this.#newVariable()
    this.#definitions.push(`${variable}: ${type}`)
    this.#variables[variable.slice(1)] = value
    return variable
  }

  #newVariable(): string {
    this.#count += 1
    return `$v${this.#count}`
  }

  #alias(): string {
    this.#count += 1
    return `a${this.#count}`
  }

  #value(name: string, type: GraphQLInputType, depth: number): unknown {
    if (isNonNullType(type)) return this.#value(name, type.ofType, depth)
    if (isListType(type)) {
      return Array.from({ length: this.#below(3) }, () => this.#value(name, type.ofType, depth - 1))
    }
    if (isEnumType(type)) return this.#oneOf(type.getValues()).name
    if (isInputObjectType(type)) {
      const fields = Object.values(type.getFields()).filter(() => depth > 0 && this.#below(5) === 0)
      return Object.fromEntries(
        fields.map((field) => [field.name, this.#value(field.name, field.type, depth - 1)]),
      )
    }
    const values = this.#options.values[name] ?? this.#options.values[type.name]
    if (!values) throw new Error(`There is no value for "${name}" of type ${type.name}.`)
    return this.#oneOf(values)
  }

  #oneOf<T>(choices: readonly T[]): T {
    const chosen = choices[this.#below(choices.length)]
    if (chosen === undefined) throw new Error('There is nothing to choose from.')
    return chosen
  }
}

function literal(value: unknown, type: GraphQLInputType): string {
  if (value === null || value === undefined) return 'null'
  if (isNonNullType(type)) return literal(value, type.ofType)
  if (isListType(type) && Array.isArray(value)) {
    return `[${value.map((item) => literal(item, type.ofType)).join(', ')}]`
  }
  if (isEnumType(type)) return String(value)
  if (isInputObjectType(type)) {
    const fields = type.getFields()
    const texts = Object.entries(value).map(([name, item]) => {
      const field = fields[name]
      return field ? `${name}: ${literal(item, field.type)}` : ''
    })
    return `{ ${texts.join(', ')} }`
  }
  return JSON.stringify(value)
}
