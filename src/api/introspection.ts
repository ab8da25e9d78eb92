import {
  type DocumentNode,
  type ExecutionArgs,
  type GraphQLError,
  type GraphQLSchema,
  NoSchemaIntrospectionCustomRule,
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

/** For the server library: the schema is told to nobody, neither by introspection nor by hints at what was meant. */
export const withoutIntrospection = {
  onValidate({ addValidationRule, validateFn, setValidationFn }: ValidateHook): void {
    addValidationRule(NoSchemaIntrospectionCustomRule)
    setValidationFn((schema, document, rules, options) =>
      validateFn(schema, document, rules, { ...options, hideSuggestions: true }),
    )
  },
  onExecute({ args }: { args: ExecutionArgs }): void {
    args.hideSuggestions = true
  },
  onSubscribe({ args }: { args: ExecutionArgs }): void {
    args.hideSuggestions = true
  },
}
