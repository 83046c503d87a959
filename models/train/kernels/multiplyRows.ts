export interface MultiplyRowsInput {
  /** Sparse rows of ones: row r holds columns[offsets[r]] … columns[offsets[r + 1] − 1]. */
  readonly offsets: Int32Array
  readonly columns: Int32Array
  /** Scales of rows and of columns; absent means 1. */
  readonly rowScale?: Float64Array
  readonly columnScale?: Float64Array
  /** columns × k, row-major */
  readonly factor: Float64Array
  readonly k: number
  /** Out, rows × k */
  readonly out: Float64Array
}

/** out = diag(rowScale) · A · diag(columnScale) · factor for a sparse A of ones. */
export function multiplyRows(input: MultiplyRowsInput, from: number, to: number): void {
  const { offsets, columns, rowScale, columnScale, factor, k, out } = input
  for (let r = from; r < to; r++) {
    const row = r * k
    out.fill(0, row, row + k)
    for (let p = offsets[r]!, end = offsets[r + 1]!; p < end; p++) {
      const column = columns[p]!
      const scale = columnScale ? columnScale[column]! : 1
      for (let j = 0, a = column * k; j < k; j++, a++) out[row + j]! += scale * factor[a]!
    }
    if (rowScale) for (let j = 0; j < k; j++) out[row + j]! *= rowScale[r]!
  }
}
