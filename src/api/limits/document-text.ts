import { Lexer, Source, TokenKind } from 'graphql'
import { tooComplex } from './too-complex.ts'

/** On average; of a document of real fields and arguments it is five. */
const CHARACTERS_A_TOKEN = 20

/** Brackets within brackets. The parser calls itself for each, and overflows the stack at some thousand. */
const MAX_NESTING = 250

/**
 * What has to hold before a document is parsed.
 *
 * @throws GraphQLError QUERY_TOO_COMPLEX, or that of the syntax where the text has characters that GraphQL does not.
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
