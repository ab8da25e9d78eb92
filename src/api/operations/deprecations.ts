import type { DocumentNode, ExecutionArgs, GraphQLSchema } from 'graphql'
import {
  deprecatedCoordinates,
  type OperationUses,
  usesInValue,
  usesOfOperations,
} from './deprecated-uses.ts'

/** Counts the operations that use what is deprecated, so that it can go once nobody does. */
export class Deprecations {
  readonly #schema: GraphQLSchema
  readonly #uses: Map<string, number>
  readonly #documents = new WeakMap<DocumentNode, Map<string, OperationUses>>()

  constructor(schema: GraphQLSchema) {
    this.#schema = schema
    this.#uses = new Map(deprecatedCoordinates(schema).map((coordinate) => [coordinate, 0]))
  }

  /** Operations since the start, by the schema coordinate of what is deprecated: each at most once. */
  get uses(): ReadonlyMap<string, number> {
    return this.#uses
  }

  /** For graphql-yoga: counts each operation as it begins, over HTTP as over WebSocket. */
  get plugin() {
    return {
      onExecute: ({ args }: { args: ExecutionArgs }) => this.#count(args),
      onSubscribe: ({ args }: { args: ExecutionArgs }) => this.#count(args),
    }
  }

  #count({ document, operationName, variableValues }: ExecutionArgs): void {
    if (this.#uses.size === 0) return
    const uses = this.#operation(document, operationName)
    if (!uses) return
    const used = new Set(uses.coordinates)
    for (const { name, type } of uses.variables) {
      for (const coordinate of usesInValue(variableValues?.[name], type)) used.add(coordinate)
    }
    for (const coordinate of used) this.#uses.set(coordinate, (this.#uses.get(coordinate) ?? 0) + 1)
  }

  #operation(document: DocumentNode, name: string | null | undefined): OperationUses | undefined {
    let operations = this.#documents.get(document)
    if (!operations) {
      operations = usesOfOperations(this.#schema, document)
      this.#documents.set(document, operations)
    }
    // Without a name, the only one is meant.
    return name == null ? operations.values().next().value : operations.get(name)
  }
}
