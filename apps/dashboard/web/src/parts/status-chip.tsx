const marks: Record<string, string> = { finished: '✓', failed: '✕', stopped: '■', running: '▶', launching: '▶', waiting: '…', pending: '…', stopping: '■' }

/** A state in words, with a sign and a colour: never by colour alone. */
export function StatusChip({ status }: { status: string }) {
  return <span className={`chip chip-${status}`}><span aria-hidden="true">{marks[status] ?? '•'}</span> {status}</span>
}
