/**
 * White space other than the plain space: no-break spaces, for example, and separators of lines and
 * paragraphs.
 */
const OTHER_BLANK = /(?! )[\p{Zs}\u2028\u2029]/gu

/** All characters that may be removed or replaced below. */
const UNUSUAL = /(?! )[\p{Default_Ignorable_Code_Point}\p{Zs}\u2028\u2029]/u

/** Characters that are not displayed: zero-width spaces, soft hyphens, byte order marks and the like. */
const INVISIBLE =
  /(?!\p{Bidi_Control}|\p{Join_Control}|\p{Variation_Selector})\p{Default_Ignorable_Code_Point}/gu

/** Scripts in which a joiner changes the letters around it, and so the word. */
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

/**
 * Runs of joiners. The first one is captured if it stands within a word of such a script or within an emoji.
 */
const JOINERS = new RegExp(
  `(?<=[${JOINING}])(\\p{Join_Control})\\p{Join_Control}*(?=[${JOINING}])|` +
    '(?<=\\p{Extended_Pictographic}[\\ufe0f\\p{Emoji_Modifier}]?)(\\u200d)(?=\\p{Extended_Pictographic})|' +
    '\\p{Join_Control}+',
  'gu',
)

/**
 * Variation selectors without effect: they have one only after emoji, Chinese characters and Mongolian
 * letters.
 */
const LOST_SELECTOR =
  /(?<![\p{Extended_Pictographic}\p{Script=Han}\p{Script=Mongolian}])\p{Variation_Selector}/gu

const BIDI_CONTROL = /\p{Bidi_Control}/u

/** Printable ASCII without spaces at its ends. Most texts are that. */
const ASCII = /^[!-~](?:[ -~]*[!-~])?$/

/**
 * Normalises a text, so that texts that look the same are equal: Unicode NFC, every white space as a plain
 * space, trimmed, without invisible characters. Joiners stay within words and emoji that need them.
 * Bidirectional controls stay too. They change the order of the other characters, so names that have them are
 * rejected (`hasBidiControl`).
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
