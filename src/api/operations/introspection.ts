import {
  type DocumentNode,
  type ExecutionArgs,
  type ExecutionResult,
  type GraphQLError,
  type GraphQLSchema,
  NoSchemaIntrospectionCustomRule,
  type ValidationRule,
} from 'graphql'
import { hideNames } from './hidden-names.ts'

type Validate = (
  schema: GraphQLSchema,
  document: DocumentNode,
  rules?: readonly ValidationRule[],
  options?: object,
) => readonly GraphQLError[]

interface ValidateHook {
  addValidationRule(rule: ValidationRule): void
  validateFn: Validate
  setValidationFn(validate: Validate): void
}

type Results = ExecutionResult | AsyncIterable<ExecutionResult>

/**
 * For the server library: the schema is told to nobody, neither by introspection, nor by hints at what was meant, nor by messages
 * that name what is missing.
 */
export const withoutIntrospection = {
  onValidate({ addValidationRule, validateFn, setValidationFn }: ValidateHook): void {
    addValidationRule(NoSchemaIntrospectionCustomRule)
    setValidationFn((schema, document, rules, options) =>
      hideNames(validateFn(schema, document, rules, { ...options, hideSuggestions: true }), { document }),
    )
  },
  onExecute({ args }: { args: ExecutionArgs }) {
    args.hideSuggestions = true
    return {
      onExecuteDone({ result, setResult }: { result: Results; setResult(result: Results): void }): void {
        hideNamesOf(args, result, setResult)
      },
    }
  },
  onSubscribe({ args }: { args: ExecutionArgs }) {
    args.hideSuggestions = true
    return {
      onSubscribeResult({ result, setResult }: { result: Results; setResult(result: Results): void }): void {
        hideNamesOf(args, result, setResult)
      },
    }
  },
}

function hideNamesOf(args: ExecutionArgs, result: Results, setResult: (result: Results) => void): void {
  if (Symbol.asyncIterator in result || result.errors === undefined) return
  const { document, variableValues } = args
  setResult({ ...result, errors: hideNames(result.errors, { document, variables: variableValues }) })
}
