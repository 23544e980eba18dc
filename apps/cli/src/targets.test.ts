import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { readTargets, saveTarget, targetsFile, targetUrl } from './targets.ts'

describe('targets', () => {
  let directory: string
  beforeAll(async () => { directory = await mkdtemp(join(tmpdir(), 'streamforge-targets-')) })
  afterAll(() => rm(directory, { recursive: true, force: true }))

  it('are kept by name, and found again', async () => {
    const file = join(directory, 'kept', 'targets.json')
    await saveTarget(file, 'cluster', 'http://127.0.0.1:30080')
    await saveTarget(file, 'trial', 'https://trial.example')
    await saveTarget(file, 'cluster', 'http://127.0.0.1:30081')
    expect(await readTargets(file)).toEqual({ cluster: { url: 'http://127.0.0.1:30081' }, trial: { url: 'https://trial.example' } })
    expect(await targetUrl('trial', {}, file)).toBe('https://trial.example')
  })

  it('come from the environment first, and laptop is whatever runs here', async () => {
    const file = join(directory, 'none.json')
    expect(await targetUrl('cluster', { STREAMFORGE_CLUSTER_URL: 'http://a' }, file)).toBe('http://a')
    expect(await targetUrl('raspberry-pi', { STREAMFORGE_RASPBERRY_PI_URL: 'http://b' }, file)).toBe('http://b')
    expect(await targetUrl('laptop', { STREAMFORGE_LAPTOP_URL: 'http://c' }, file)).toBeUndefined()
  })

  it('say what is known when a name is not', async () => {
    const file = join(directory, 'unknown.json')
    await saveTarget(file, 'trial', 'http://127.0.0.1')
    await expect(targetUrl('cluster', {}, file)).rejects.toMatchObject({ code: 'NOT_FOUND', message: expect.stringContaining('laptop, trial'), remedy: expect.stringContaining('STREAMFORGE_CLUSTER_URL') })
    await expect(targetUrl('constructor', {}, file)).rejects.toMatchObject({ code: 'NOT_FOUND' })
  })

  it.each([['Cluster', 'http://a'], ['cluster', 'queue-manager:8080'], ['cluster', 'file:///etc/passwd'], ['laptop', 'http://a']])('refuse %s at %s', async (name, url) => {
    await expect(saveTarget(join(directory, 'refused.json'), name, url)).rejects.toMatchObject({ code: 'BAD_REQUEST' })
  })

  it('say what is wrong with a file that holds something else', async () => {
    const file = join(directory, 'broken.json')
    for (const text of ['no json', '[]', '{"cluster":"http://a"}']) {
      await writeFile(file, text)
      await expect(readTargets(file)).rejects.toMatchObject({ code: 'BAD_CONFIG', message: expect.stringContaining(file) })
    }
  })

  it('lie where configuration lies', () => {
    expect(targetsFile({ XDG_CONFIG_HOME: '/c' })).toBe('/c/streamforge/targets.json')
    expect(targetsFile({})).toMatch(/\.config\/streamforge\/targets\.json$/)
  })
})
