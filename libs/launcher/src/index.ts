export type { JobInfo, JobName, JobState, Launcher } from './launcher.ts'
