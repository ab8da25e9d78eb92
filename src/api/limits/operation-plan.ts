import { type DocumentNode, type GraphQLSchema, Kind, type OperationDefinitionNode } from 'graphql'
import { ArgumentValues } from './argument-values.ts'
import { collectFields } from './collect-fields.ts'
import { isRateLimited } from './mutation-rate.ts'
import { type Amount, CostCompiler } from './operation-cost.ts'

/** What is known of an operation before it is run. */
export interface Plan {
  /** See `CostCompiler`. */
  cost: Amount
  /** Its mutations that count for the rate of these. */
  rateLimited: number
}

/** For an operation of a valid document. @param deviceCount see `CostCompiler` */
export function planOperation(
  schema: GraphQLSchema,
  document: DocumentNode,
  operation: OperationDefinitionNode,
  deviceCount: () => number,
): Plan | undefined {
  const type = schema.getRootType(operation.operation)
  if (!type) return undefined
  const fragments = new Map(
    document.definitions
      .filter((definition) => definition.kind === Kind.FRAGMENT_DEFINITION)
      .map((fragment) => [fragment.name.value, fragment]),
  )
  const scope = { schema, fragments, values: new ArgumentValues(operation) }
  const fields = collectFields(scope, type, [operation.selectionSet])
  const names = [...fields.values()].flatMap(({ nodes }) => nodes[0]?.name.value ?? [])
  return {
    cost: new CostCompiler(scope, deviceCount).fieldsOf(type, fields),
    rateLimited: names.filter((name) => isRateLimited(schema.getField(type, name))).length,
  }
}
