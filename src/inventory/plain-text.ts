/** Blanks other than the common one, the no-break space among them, and the separators of lines and paragraphs. */
const OTHER_BLANK = /(?! )[\p{Zs}\u2028\u2029]/gu

/** Everything that is removed or replaced below. */
const UNUSUAL = /(?! )[\p{Default_Ignorable_Code_Point}\p{Zs}\u2028\u2029]/u

/** Characters that nothing is drawn for: zero-width spaces, soft hyphens, byte order marks and the like. */
const INVISIBLE =
  /(?!\p{Bidi_Control}|\p{Join_Control}|\p{Variation_Selector})\p{Default_Ignorable_Code_Point}/gu

/** Scripts in which a joiner changes how the letters around it are drawn, and so what the word is. */
const JOINING = [
  'Arabic',
  'Syriac',
  'Nko',
  'Mongolian',
  'Devanagari',
  'Bengali',
  'Gurmukhi',
  'Gujarati',
  'Oriya',
  'Tamil',
  'Telugu',
  'Kannada',
  'Malayalam',
  'Sinhala',
  'Khmer',
  'Myanmar',
  'Tibetan',
]
  .map((script) => `\\p{Script_Extensions=${script}}`)
  .join('')

/** Runs of joiners; the first one is caught if it stands within a word of such a script or within an emoji. */
const JOINERS = new RegExp(
  `(?<=[${JOINING}])(\\p{Join_Control})\\p{Join_Control}*(?=[${JOINING}])|` +
    '(?<=\\p{Extended_Pictographic}[\\ufe0f\\p{Emoji_Modifier}]?)(\\u200d)(?=\\p{Extended_Pictographic})|' +
    '\\p{Join_Control}+',
  'gu',
)

/** Variation selectors that select nothing: they only do behind emoji, Chinese characters and Mongolian letters. */
const LOST_SELECTOR =
  /(?<![\p{Extended_Pictographic}\p{Script=Han}\p{Script=Mongolian}])\p{Variation_Selector}/gu

const BIDI_CONTROL = /\p{Bidi_Control}/u

/** Printable ASCII without blanks around it, which most texts are. */
const ASCII = /^[!-~](?:[ -~]*[!-~])?$/

/**
 * Returns a text such that texts that look alike are equal: in Unicode's normal form C, with common blanks, trimmed, and
 * without invisible characters. Joiners stay within words and emoji that need them. Bidirectional controls stay, too:
 * they change the order in which the rest is read, so that no name may have them (`hasBidiControl`).
 */
export function plainText(text: string): string {
  if (ASCII.test(text)) return text
  if (!UNUSUAL.test(text)) return text.normalize('NFC').trim()
  return text
    .replace(INVISIBLE, '')
    .replace(JOINERS, '$1$2')
    .replace(LOST_SELECTOR, '')
    .replace(OTHER_BLANK, ' ')
    .normalize('NFC')
    .trim()
}

export function hasBidiControl(text: string): boolean {
  return BIDI_CONTROL.test(text)
}
