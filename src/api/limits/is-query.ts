import { type ExecutionArgs, getOperationAST, OperationTypeNode } from 'graphql'

/** Whether the operation that is asked for changes nothing and ends with one answer. */
export function isQuery({ document, operationName }: ExecutionArgs): boolean {
  return getOperationAST(document, operationName)?.operation === OperationTypeNode.QUERY
}
