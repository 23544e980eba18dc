import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parse, parseAllDocuments } from 'yaml'

type Need = string | { job: string; optional?: boolean }

/** Of GitLab's jobs what is looked at here. */
export interface Job {
  stage?: string
  extends?: string | string[]
  needs?: Need[]
  before_script?: string[]
  script?: string[]
  variables?: Record<string, string>
  rules?: { if?: string; changes?: string[]; when?: string }[]
}

interface Include {
  local: string
  inputs?: Record<string, string>
}

export interface Pipeline {
  stages: string[]
  variables: Record<string, string>
  include: Include[]
  /** All jobs of all files, templates (whose names begin with a dot) too. */
  jobs: Map<string, Job>
}

/** Reads .gitlab-ci.yml with all that it includes. @throws Error where two files have a job of one name, or an input is not given */
export function readPipeline(root: string): Pipeline {
  const { stages, variables, include } = parse(readFileSync(join(root, '.gitlab-ci.yml'), 'utf8')) as Omit<Pipeline, 'jobs'>
  const jobs = new Map<string, Job>()
  for (const file of include) {
    for (const [name, job] of Object.entries(readIncluded(root, file))) {
      if (jobs.has(name)) throw new Error(`two jobs are called ${name}`)
      jobs.set(name, job)
    }
  }
  return { stages, variables, include, jobs }
}

function readIncluded(root: string, { local, inputs = {} }: Include): Record<string, Job> {
  const text = readFileSync(join(root, local), 'utf8').replace(/\$\[\[ inputs\.(\w+) \]\]/g, (_, name: string) => {
    const value = inputs[name]
    if (value === undefined) throw new Error(`${local} needs the input ${name}`)
    return value
  })
  return parseAllDocuments(text).at(-1)!.toJS() as Record<string, Job>
}

/** A job with what its templates say, the job's own words last, as GitLab merges them. */
export function extendedJob({ jobs }: Pipeline, name: string): Job {
  const job = jobs.get(name)
  if (!job) throw new Error(`no job is called ${name}`)
  const templates = [job.extends ?? []].flat()
  return Object.assign({}, ...templates.map((template) => extendedJob({ jobs } as Pipeline, template)), job) as Job
}
