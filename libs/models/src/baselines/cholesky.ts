/**
 * Solves `matrix x = right` for a symmetric positive definite matrix, [n, n] row-major, by Cholesky's factorisation (Golub and Van Loan,
 * Matrix Computations, 4.2). Undefined where the matrix is not positive definite. The arguments are not changed.
 */
export function solvePositiveDefinite(matrix: Float64Array, right: Float64Array): Float64Array | undefined {
  const n = right.length
  const lower = factorise(matrix, n)
  if (!lower) return undefined
  const x = Float64Array.from(right)
  for (let i = 0; i < n; i++) {
    for (let j = 0; j < i; j++) x[i]! -= lower[i * n + j]! * x[j]!
    x[i]! /= lower[i * n + i]!
  }
  for (let i = n - 1; i >= 0; i--) {
    for (let j = i + 1; j < n; j++) x[i]! -= lower[j * n + i]! * x[j]!
    x[i]! /= lower[i * n + i]!
  }
  return x
}

function factorise(matrix: Float64Array, n: number): Float64Array | undefined {
  const lower = new Float64Array(n * n)
  for (let i = 0; i < n; i++) {
    for (let j = 0; j <= i; j++) {
      let sum = matrix[i * n + j]!
      for (let k = 0; k < j; k++) sum -= lower[i * n + k]! * lower[j * n + k]!
      if (i !== j) lower[i * n + j] = sum / lower[j * n + j]!
      else if (sum > 0) lower[i * n + i] = Math.sqrt(sum)
      else return undefined
    }
  }
  return lower
}
