export { jobName, type Launcher, type JobInfo, type JobName, type JobState } from './launcher.ts'
export { openProcessLauncher, type ProcessLauncherOptions } from './process-launcher.ts'
export { appOfImage, type Program } from './programs.ts'
export { nodeCommand } from './node-command.ts'
