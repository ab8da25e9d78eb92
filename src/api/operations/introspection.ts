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
 * Hides the schema: refuses introspection, turns off suggestions, and removes names of the schema from error
 * messages that the request does not contain.
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

/** Turns suggestions off. The type of the hooks' arguments lacks this option of graphql. */
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
/** Some rules add suggestions although they are turned off. */
const SUGGESTION = / Did you mean .*$/s
/** The quoted parts of messages: names, types and values. */
const QUOTED = /"(?:[^"\\]|\\.)*"/g

const SCALARS: readonly string[] = specifiedScalarTypes.map(({ name }) => name)

/** Removes names of the schema that a request does not contain from the messages of its errors. */
function hideNames(
  errors: readonly GraphQLError[],
  { document, variables }: { document: DocumentNode; variables?: unknown },
): readonly GraphQLError[] {
  if (errors.length === 0) return errors
  const sent =
    `${document.loc?.source.body ?? ''} ` + `${variables === undefined ? '' : JSON.stringify(variables)}`
  const known = new Set([...SCALARS, ...(sent.match(NAME) ?? [])])
  return errors.map((error) => withoutOthers(error, known))
}

function withoutOthers(error: GraphQLError, known: ReadonlySet<string>): GraphQLError {
  // Errors with a code are our own. Errors of resolvers concern values rather than the schema.
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
