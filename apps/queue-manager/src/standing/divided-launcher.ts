import { jobName, type Launcher } from '@streamforge/launcher'
import type { StandingLauncher } from './standing-launcher.ts'

/**
 * Gives the jobs of some apps to processes that run all the time, as long as one with the job's image lives, and all else to `others`: without such a process
 * a job has one of its own, as if there had never been any. Whoever got a job keeps it.
 */
export function divideLauncher(standing: StandingLauncher, others: Launcher, isStandingApp: (image: string) => boolean): Launcher {
  const standingFirst = async <R>(job: Parameters<StandingLauncher['knows']>[0], ask: (launcher: Pick<Launcher, 'cancel' | 'logs' | 'forget'>) => Promise<R>) =>
    ask(await standing.knows(job) ? standing : others)
  return {
    ...others,
    async launch(start) {
      if (!isStandingApp(start.image)) return others.launch(start)
      if (await standing.knows(start)) return standing.launch(start)
      if (!standing.standsFor(start.image) || (await others.list()).some(({ name }) => name === jobName(start))) return others.launch(start)
      return standing.launch(start)
    },
    cancel: (job, options) => standingFirst(job, (launcher) => launcher.cancel(job, options)),
    logs: (job, options) => standingFirst(job, (launcher) => launcher.logs(job, options)),
    forget: (job) => standingFirst(job, (launcher) => launcher.forget(job)),
    list: async () => (await Promise.all([standing.list(), others.list()])).flat(),
    onExit(callback) {
      const ends = [standing.onExit(callback), others.onExit(callback)]
      return () => ends.forEach((end) => end())
    },
    async close() {
      await standing.close()
      await others.close()
    },
  }
}
