import { z } from 'zod'
import { launchableApps } from '../images.ts'

const apps: readonly string[] = launchableApps

export const StandingConfig = {
  STANDING_APPS: z.string().default('').transform((text) => text.split(',').map((part) => part.trim()).filter((part) => part !== ''))
    .refine((given) => given.every((app) => apps.includes(app)))
    .describe(`comma-separated apps of ${apps.join(', ')}, whose jobs are given to processes that run all the time, where some do`),
}
