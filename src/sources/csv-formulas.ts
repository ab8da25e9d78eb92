/**
 * Puts formulas such as ="0042", which contain quotes but stand in none, into quotes. It returns the text in
 * pieces of at least a row. Text within quotes cannot be mistaken for a formula, because quotes are doubled
 * there.
 *
 * @param maxRowLength a longer text without a line break is passed on unchanged
 */
export async function* quotedFormulas(
  texts: AsyncIterable<string>,
  { delimiter, maxRowLength }: { delimiter: string; maxRowLength: number },
): AsyncGenerator<string> {
  const formula = bareFormula(delimiter)
  let rest = ''
  for await (const text of texts) {
    rest += text
    const end = Math.max(rest.lastIndexOf('\n'), rest.lastIndexOf('\r')) + 1
    if (end === 0 && rest.length <= maxRowLength) continue
    yield (end === 0 ? rest : rest.slice(0, end)).replace(formula, '$1"$2"')
    rest = end === 0 ? '' : rest.slice(end)
  }
  yield rest.replace(formula, '$1"$2"')
}

/** Matches a formula that is a whole cell without quotes around it. */
function bareFormula(delimiter: string): RegExp {
  const end = `\\${delimiter}\\r\\n`
  return new RegExp(`(?<=^|[${end}])([ \\t]*)="([^"${end}]*)"(?=[ \\t]*(?:[${end}]|$))`, 'g')
}

/**
 * Returns the text in a cell that was written so that a spreadsheet takes it as text: the formula ="0042"
 * keeps the zeros in Excel, and an apostrophe before a number or a formula does so everywhere. Other cells
 * stay as they are.
 */
export function textOfFormula(cell: string): string {
  if (cell.startsWith('="')) return cell.replace(/^="([^"]*)"$/, '$1')
  return cell.startsWith("'") ? cell.replace(/^'(?=\d+$|[=+@-])/, '') : cell
}
