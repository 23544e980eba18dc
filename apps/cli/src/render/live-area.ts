/** Lines at the bottom of a terminal that are redrawn in place; where the output is no terminal, a line now and then. */
export interface LiveArea {
  /** Shows these lines instead of the last ones. */
  update(lines: readonly string[]): void
  /** Leaves the last lines standing and starts anew below them. */
  done(): void
}

export function openLiveArea(
  output: NodeJS.WriteStream, now: () => number, quietMs = 5_000,
): LiveArea {
  let drawn = 0
  let last: readonly string[] = []
  let printedAt = -Infinity
  const clip = (line: string) => (line.length > (output.columns || 100) ? `${line.slice(0, (output.columns || 100) - 1)}…` : line)
  if (!output.isTTY) {
    return {
      update(lines) {
        last = lines
        if (now() - printedAt < quietMs) return
        printedAt = now()
        output.write(`${lines.join('\n')}\n`)
        last = []
      },
      done() {
        if (last.length) output.write(`${last.join('\n')}\n`)
        last = []
        printedAt = -Infinity
      },
    }
  }
  return {
    update(lines) {
      const up = drawn ? `\u001b[${drawn}A` : ''
      output.write(`${up}${lines.map((l) => `\u001b[2K${clip(l)}`).join('\n')}\n\u001b[0J`)
      drawn = lines.length
    },
    done() {
      drawn = 0
    },
  }
}
