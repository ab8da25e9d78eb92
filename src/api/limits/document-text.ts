import { Lexer, Source, TokenKind } from 'graphql'
import { tooComplex } from './too-complex.ts'

/** The allowed average. Documents with real fields and arguments have about five. */
const CHARACTERS_A_TOKEN = 20

/** The limit for nested brackets. The parser is recursive and overflows the stack at a few thousand. */
const MAX_NESTING = 250

/**
 * Checks the text of a document before it is parsed.
 *
 * @throws GraphQLError QUERY_TOO_COMPLEX, or a syntax error if the text has characters that GraphQL does not
 * allow
 */
export function checkText(text: string, maxTokens: number): void {
  const maxLength = maxTokens * CHARACTERS_A_TOKEN
  if (text.length > maxLength) {
    throw tooComplex(
      `The document has ${text.length} characters, and at most ${maxLength} are allowed; send values as variables, and ask for less at once.`,
    )
  }
  const lexer = new Lexer(new Source(text))
  let tokens = 0
  let nesting = 0
  let deepest = 0
  for (let { kind } = lexer.advance(); kind !== TokenKind.EOF; kind = lexer.advance().kind) {
    tokens += 1
    if (kind === TokenKind.BRACE_L || kind === TokenKind.BRACKET_L || kind === TokenKind.PAREN_L) {
      nesting += 1
      deepest = Math.max(deepest, nesting)
    } else if (kind === TokenKind.BRACE_R || kind === TokenKind.BRACKET_R || kind === TokenKind.PAREN_R) {
      nesting -= 1
    }
  }
  if (tokens > maxTokens) {
    throw tooComplex(
      `The document has ${tokens} tokens, and at most ${maxTokens} are allowed; send lists as variables, and ask for less at once.`,
    )
  }
  if (deepest > MAX_NESTING) {
    throw tooComplex(
      `The document has brackets within brackets ${deepest} deep, and at most ${MAX_NESTING} are allowed; nest it less.`,
    )
  }
}
