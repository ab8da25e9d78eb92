import {
  type FieldNode,
  Kind,
  type OperationDefinitionNode,
  type ValueNode,
  valueFromASTUntyped,
} from 'graphql'

/** The variables as the client sent them. */
export type Variables = Readonly<Record<string, unknown>>

/** Returns the value of an argument for these variables; undefined if it is left out. */
export type ArgumentValue = (variables: Variables) => unknown

/** Reads the arguments of an operation's fields as written, without looking at their types. */
export class ArgumentValues {
  readonly #defaults = new Map<string, unknown>()

  constructor({ variableDefinitions = [] }: OperationDefinitionNode) {
    for (const { variable, defaultValue } of variableDefinitions) {
      if (defaultValue) this.#defaults.set(variable.name.value, valueFromASTUntyped(defaultValue))
    }
  }

  argument(field: Pick<FieldNode, 'arguments'>, name: string): ArgumentValue | undefined {
    const given = field.arguments?.find((argument) => argument.name.value === name)
    return given && this.#valueOf(given.value)
  }

  #valueOf(node: ValueNode): ArgumentValue {
    if (node.kind === Kind.VARIABLE) {
      const name = node.name.value
      return (variables) => (Object.hasOwn(variables, name) ? variables[name] : this.#defaults.get(name))
    }
    if (node.kind === Kind.LIST) {
      const items = node.values.map((value) => this.#valueOf(value))
      return (variables) => items.map((item) => item(variables))
    }
    if (node.kind === Kind.OBJECT) {
      const fields = node.fields.map(({ name, value }) => [name.value, this.#valueOf(value)] as const)
      return (variables) => Object.fromEntries(fields.map(([name, value]) => [name, value(variables)]))
    }
    const value = valueFromASTUntyped(node)
    return () => value
  }
}
