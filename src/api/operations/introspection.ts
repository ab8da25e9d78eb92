import {
  type DocumentNode,
  type ExecutionArgs,
  type ExecutionResult,
  GraphQLError,
  type GraphQLSchema,
  NoSchemaIntrospectionCustomRule,
  specifiedScalarTypes,
  type ValidationRule,
} from 'graphql'

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

const NAME = /[_A-Za-z][_0-9A-Za-z]*/g
/** Some rules suggest although they are told not to. */
const SUGGESTION = / Did you mean .*$/s
/** What messages put names, types and values in. */
const QUOTED = /"(?:[^"\\]|\\.)*"/g

const SCALARS: readonly string[] = specifiedScalarTypes.map(({ name }) => name)

/** The errors of a request, their messages without names of the schema that the request itself does not have. */
function hideNames(
  errors: readonly GraphQLError[],
  { document, variables }: { document: DocumentNode; variables?: unknown },
): readonly GraphQLError[] {
  if (errors.length === 0) return errors
  const sent = `${document.loc?.source.body ?? ''} ${variables === undefined ? '' : JSON.stringify(variables)}`
  const known = new Set([...SCALARS, ...(sent.match(NAME) ?? [])])
  return errors.map((error) => withoutOthers(error, known))
}

function withoutOthers(error: GraphQLError, known: ReadonlySet<string>): GraphQLError {
  // Those with a code are our own, and those of resolvers tell of values rather than of the schema.
  const { originalError } = error
  const isOfRequest = originalError === undefined || originalError instanceof GraphQLError
  if (!isOfRequest || error.extensions.code !== undefined) return error
  const message = error.message
    .replace(SUGGESTION, '')
    .replace(QUOTED, (quoted) =>
      (quoted.match(NAME) ?? []).every((name) => known.has(name)) ? quoted : '"…"',
    )
  if (message === error.message) return error
  const { nodes, source, positions, path, extensions } = error
  return new GraphQLError(message, { nodes, source, positions, path, extensions })
}
