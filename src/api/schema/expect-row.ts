/** A row that a foreign key promises. */
export function expectRow<T>(row: T | null): T {
  if (row === null) throw new Error('A row that another one refers to is not there.')
  return row
}
