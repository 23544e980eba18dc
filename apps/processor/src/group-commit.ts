export interface GroupCommit {
  /** Resolves when what was there at the call is saved, and rejects when it could not be. */
  commit(): Promise<void>
}

/**
 * One save for all who ask while another is under way. What is not `urgent` waits `gatherMs` for others, so that a busy stream is not
 * saved after each batch.
 */
export function groupCommit({ save, urgent, gatherMs }: { save: () => Promise<void>; urgent: () => boolean; gatherMs: number }): GroupCommit {
  let asked: PromiseWithResolvers<void> | undefined
  let saving = false
  let timer: NodeJS.Timeout | undefined

  function schedule(): void {
    if (saving || !asked) return
    if (urgent()) return begin()
    timer ??= setTimeout(begin, gatherMs)
  }

  function begin(): void {
    clearTimeout(timer)
    timer = undefined
    const { resolve, reject } = asked!
    asked = undefined
    saving = true
    void save().then(resolve, reject).finally(() => {
      saving = false
      schedule()
    })
  }

  return {
    commit() {
      asked ??= Promise.withResolvers<void>()
      const { promise } = asked
      schedule()
      return promise
    },
  }
}
