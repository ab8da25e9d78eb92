/** Only the program has this type, and it is not installed; see `generateDocuments`. */
declare module '@graphql-codegen/cli' {
  import type { Types } from '@graphql-codegen/plugin-helpers'

  export type CodegenConfig = Types.Config
}

declare module 'relay-compiler' {
  /** The path of the program. */
  const path: string
  export default path
}
