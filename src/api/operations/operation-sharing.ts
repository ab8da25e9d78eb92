import {
  BREAK,
  type DocumentNode,
  type ExecutionArgs,
  type GraphQLSchema,
  getOperationAST,
  isAbstractType,
  Kind,
  type OperationDefinitionNode,
  OperationTypeNode,
  separateOperations,
  TypeInfo,
  visit,
  visitWithTypeInfo,
} from 'graphql'
import type { ApiContext } from '../context.ts'
import { mayReadRequestTimeState } from '../schema/builder.ts'

/**
 * Decides from the operation alone whether its answer may be given to several callers, and to which of them.
 */
export class OperationSharing {
  readonly #documentNumbers = new WeakMap<DocumentNode, number>()
  #documents = 0
  readonly #shareable = new WeakMap<OperationDefinitionNode, boolean>()

  /**
   * The same text for operations that may share an answer. It must contain everything that decides what a
   * caller may see.
   */
  keyOf({ document, operationName, variableValues, contextValue }: ExecutionArgs): string {
    let number = this.#documentNumbers.get(document)
    if (number === undefined) {
      this.#documents += 1
      number = this.#documents
      this.#documentNumbers.set(document, number)
    }
    const { role } = (contextValue as ApiContext).viewer
    return `${role} ${number} ${operationName ?? ''} ${JSON.stringify(variableValues ?? {})}`
  }

  /**
   * Whether the answer depends on nothing but the database, the variables and the caller's role. Only queries
   * do. A field counts even if a directive skips it.
   */
  isShareable({ schema, document, operationName, variableValues }: ExecutionArgs): boolean {
    // The clock decides which devices are held.
    if (JSON.stringify(variableValues ?? {}).includes('"held":')) return false
    const operation = getOperationAST(document, operationName)
    if (operation?.operation !== OperationTypeNode.QUERY) return false
    const known = this.#shareable.get(operation)
    if (known !== undefined) return known
    const isShareable = readsOnlyDatabase(schema, document, operation)
    this.#shareable.set(operation, isShareable)
    return isShareable
  }
}

function readsOnlyDatabase(
  schema: GraphQLSchema,
  document: DocumentNode,
  { name }: OperationDefinitionNode,
): boolean {
  // The operation with the fragments that it uses.
  const used = separateOperations(document)[name?.value ?? '']
  if (!used) return false
  const types = new TypeInfo(schema)
  let isShareable = true
  visit(
    used,
    visitWithTypeInfo(types, {
      [Kind.OBJECT_FIELD]: ({ name: { value: name } }) => {
        if (name !== 'held') return undefined
        isShareable = false
        return BREAK
      },
      [Kind.FIELD]: ({ name: { value: name } }) => {
        // Introspection reads the schema.
        if (name.startsWith('__')) return undefined
        const parent = types.getParentType()
        const fields = [types.getFieldDef()]
        // The mark of a field is on the object types that resolve it, and not on their interface.
        if (isAbstractType(parent)) {
          for (const type of schema.getPossibleTypes(parent)) fields.push(type.getFields()[name])
        }
        if (fields.every((field) => field && !mayReadRequestTimeState(field))) return undefined
        isShareable = false
        return BREAK
      },
    }),
  )
  return isShareable
}
