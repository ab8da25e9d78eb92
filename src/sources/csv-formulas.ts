/** A cell such as ="0042" that contains quotes but was not put into quotes itself. */
const BARE_FORMULA = /(?<=^|[,\r\n])([ \t]*)="([^",\r\n]*)"(?=[ \t]*(?:[,\r\n]|$))/g

/**
 * Puts the bare formulas in a CSV text into quotes. It returns the text in pieces of at least a row. Text
 * within quotes cannot be mistaken for a formula, because quotes are doubled there.
 *
 * @param maxRowLength a longer text without a line break is passed on unchanged /
 */
export async function* quotedFormulas(
  texts: AsyncIterable<string>,
  maxRowLength: number,
): AsyncGenerator<string> {
  let rest = ''
  for await (const text of texts) {
    rest += text
    const end = Math.max(rest.lastIndexOf('\n'), rest.lastIndexOf('\r')) + 1
    if (end === 0 && rest.length <= maxRowLength) continue
    yield (end === 0 ? rest : rest.slice(0, end)).replace(BARE_FORMULA, '$1"$2"')
    rest = end === 0 ? '' : rest.slice(end)
  }
  yield rest.replace(BARE_FORMULA, '$1"$2"')
}

/**
 * Returns the text in a formula such as ="0042", which makes Excel keep the zeros. Other cells stay as they
 * are.
 */
export function textOfFormula(cell: string): string {
  return cell.startsWith('="') ? cell.replace(/^="([^"]*)"$/, '$1') : cell
}
