import type { DocumentNode, ExecutionArgs } from 'graphql'
import type { ApiContext } from '../context.ts'

/** Tells operations apart. */
export class OperationNames {
  readonly #documentNumbers = new WeakMap<DocumentNode, number>()
  #documents = 0

  /** Equal for those who may share an answer. Whatever else is to decide what somebody gets to see belongs into it. */
  nameOf({ document, operationName, variableValues, contextValue }: ExecutionArgs): string {
    let number = this.#documentNumbers.get(document)
    if (number === undefined) {
      this.#documents += 1
      number = this.#documents
      this.#documentNumbers.set(document, number)
    }
    const { role } = (contextValue as ApiContext).viewer
    return `${role} ${number} ${operationName ?? ''} ${JSON.stringify(variableValues ?? {})}`
  }
}
