import { createCartPole, createDqn, type Dqn, type DqnOptions, greedyAction, resumableRandom, stepDqn } from '@streamforge/models/agent'

/** What the peer in Python is given too. */
export interface CartPoleRun extends DqnOptions {
  steps: number
  seed: number
  threads: number
  /** Steps between looks at the greedy agent; 0: never. */
  evaluate_every: number
  /** Mean return over 100 episodes at which the task counts as solved. */
  solved_at: number
}

export interface CartPoleResult {
  description: string
  steps: number
  /** Of learning, without evaluations. */
  seconds: number
  /** Steps and the mean return of 20 greedy episodes. */
  curve: [number, number][]
  /** Steps after which the task was solved. */
  solved: number | null
}

/** Our learner on our CartPole, evaluated as dqn_peer.py does it. */
export function learnCartPole(run: CartPoleRun): CartPoleResult {
  const dqn = createDqn(createCartPole(), run, run.seed)
  const curve: [number, number][] = []
  let solved: number | null = null
  let evaluating = 0
  const began = performance.now()
  while (dqn.steps < run.steps && solved === null) {
    stepDqn(dqn)
    if (run.evaluate_every === 0 || dqn.steps % run.evaluate_every !== 0) continue
    const paused = performance.now()
    const mean = meanReturn(dqn, 20)
    curve.push([dqn.steps, Math.round(10 * mean) / 10])
    if (mean >= run.solved_at && meanReturn(dqn, 100) >= run.solved_at) solved = dqn.steps
    evaluating += performance.now() - paused
  }
  return { description: 'StreamForge', steps: dqn.steps, seconds: (performance.now() - began - evaluating) / 1000, curve, solved }
}

/** Of greedy episodes in an environment of their own. */
function meanReturn({ memory, steps }: Dqn, episodes: number): number {
  const environment = createCartPole()
  const random = resumableRandom(steps)
  const state = new Float32Array(environment.stateSize)
  let total = 0
  for (let episode = 0; episode < episodes; episode++) {
    environment.reset(state, random)
    for (; !environment.terminated && !environment.truncated; total++) environment.step(greedyAction({ environment, memory }, state), state)
  }
  return total / episodes
}
