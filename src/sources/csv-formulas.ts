/** A cell such as ="0042" that was not put into quotes, though it has some within. */
const BARE_FORMULA = /(?<=^|[,\r\n])([ \t]*)="([^",\r\n]*)"(?=[ \t]*(?:[,\r\n]|$))/g

/**
 * Returns a text of CSV with bare formulas as texts in quotes, at least a row at a time. Nothing within quotes can be
 * mistaken for one, because quotes are doubled there.
 *
 * @param maxRowLength what is longer than that without a line break is passed on as it is
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

/** The formula that makes Excel keep the zeros of ="0042" is the text in it. */
export function textOfFormula(cell: string): string {
  return cell.startsWith('="') ? cell.replace(/^="([^"]*)"$/, '$1') : cell
}
