import {
  type DocumentNode,
  type ExecutionArgs,
  type ExecutionResult,
  GraphQLError,
  NoSchemaIntrospectionCustomRule,
  specifiedScalarTypes,
} from 'graphql'
import type { Plugin } from 'graphql-yoga'

/**
 * Hides the schema: refuses introspection, turns off suggestions, and removes names of the schema from error messages
 * that the request does not contain.
 */
export const withoutIntrospection: Plugin = {
  onValidate({ addValidationRule, validateFn, setValidationFn }) {
    addValidationRule(NoSchemaIntrospectionCustomRule)
    setValidationFn((schema, document, rules, options) =>
      hideNames(validateFn(schema, document, rules, { ...options, hideSuggestions: true }), { document }),
    )
  },
  onExecute({ args }) {
    hideSuggestions(args)
    return {
      onExecuteDone({ result, setResult }) {
        hideNamesOf(args, result, setResult)
      },
    }
  },
  onSubscribe({ args }) {
    hideSuggestions(args)
    return {
      onSubscribeResult({ result, setResult }) {
        hideNamesOf(args, result, setResult)
      },
    }
  },
}

/** The hooks' type of the arguments lacks options that graphql has. */
function hideSuggestions(args: ExecutionArgs): void {
  args.hideSuggestions = true
}

function hideNamesOf(
  args: ExecutionArgs,
  result: ExecutionResult | AsyncIterable<ExecutionResult>,
  setResult: (result: ExecutionResult) => void,
): void {
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
