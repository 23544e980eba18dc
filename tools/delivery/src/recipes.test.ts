import { spawn } from 'node:child_process'
import { existsSync, readFileSync, statSync } from 'node:fs'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { once } from 'node:events'
import { join, resolve } from 'node:path'
import { createInterface } from 'node:readline'
import { pathToFileURL } from 'node:url'
import { connectBus, ensureTopics, publishMessages } from '@streamforge/bus'
import { catalog } from '@streamforge/contracts'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'

const root = resolve(import.meta.dirname, '../../..')
const page = (name: string) => readFileSync(join(root, 'docs', `${name}.md`), 'utf8')
const recipes = ['ADD_A_SERVICE', 'ADD_A_VENUE', 'ADD_A_FETCHER']
const isPath = (word: string) => /^(apps|libs|tools|docs|docker|k8s|\.gitlab|\.ci)\/[\w./-]+$/.test(word)
const wordsOf = (text: string) => [...text.replace(/```[\s\S]*?```/g, '').matchAll(/`([^`\n]+)`/g)].map((match) => match[1]!)

/** Codes of errors are named anywhere. */
const errors = readFileSync(join(root, 'libs/contracts/src/errors.ts'), 'utf8')

/** The code blocks of a page that name a file, as in ```ts main.ts */
const filesOf = (name: string) => [...page(name).matchAll(/```\w+ ([\w.-]+)\n([\s\S]*?)```/g)].map((match) => ({ file: match[1]!, text: match[2]! }))

describe('pages', () => {
  it.each([...recipes, 'TESTING', 'GLOSSARY'])('%s names only files and scripts that there are', (name) => {
    const paths = wordsOf(page(name)).filter(isPath)
    expect(paths.length).toBeGreaterThan(2)
    for (const path of paths) expect(existsSync(join(root, path)), path).toBe(true)
    const { scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { scripts: Record<string, string> }
    for (const [, script] of page(name).matchAll(/npm run ([\w:]+)/g)) expect(Object.keys(scripts), script).toContain(script)
  })

  it.each(recipes)('every name in %s stands in a file that its paragraph names', (name) => {
    let checked = 0
    for (const paragraph of page(name).replace(/```[\s\S]*?```/g, '').split(/\n\n|\n(?=- |\d\. )/)) {
      const words = wordsOf(paragraph)
      const files = words.filter((word) => isPath(word) && statSync(join(root, word)).isFile()).map((path) => readFileSync(join(root, path), 'utf8'))
      if (files.length === 0) continue
      files.push(errors)
      for (const word of words.filter((w) => /^[A-Za-z_]{2,}$/.test(w) && !['rejected', 'start', 'VERSION', 'beside', 'Jenkinsfile'].includes(w))) {
        checked++
        expect(files.some((text) => new RegExp(`\\b${word}\\b`).test(text)), `${word} in: ${paragraph.slice(0, 120)}`).toBe(true)
      }
    }
    expect(checked).toBeGreaterThan(2)
  })

  it('the glossary is in order', () => {
    const terms = [...page('GLOSSARY').matchAll(/^\| ([^|]+) \| /gm)].map((match) => match[1]!).slice(2)
    expect(terms.length).toBeGreaterThan(40)
    expect(terms).toEqual(terms.toSorted((a, b) => a.localeCompare(b, 'en')))
  })
})

async function publishQuote(directory: string) {
  const bus = await connectBus({ kind: 'embedded', directory })
  await ensureTopics(bus)
  await publishMessages(bus, catalog.quotes, [{
    kind: 'quote', feed: 'stocks', source: 'yahoo-chart', asset: 'stock', symbol: 'AAPL', currency: 'USD', price: 200, volume: 1_000,
    event_time: 1_706_821_200_000, known_time: 1_706_821_200_500, backfilled: false,
  }])
  await bus.close()
}

describe('recipes', () => {
  let folder: string
  beforeEach(async () => {
    // Within the repository: the example finds its packages from there.
    await mkdir(join(root, '.cache'), { recursive: true })
    folder = await mkdtemp(join(root, '.cache/recipe-'))
  })
  afterEach(() => rm(folder, { recursive: true, force: true }))

  it("ADD_A_SERVICE's service is ready, counts a quote, and ends when it is told to", async () => {
    await publishQuote(join(folder, 'data/bus'))
    for (const { file, text } of filesOf('ADD_A_SERVICE')) await writeFile(join(folder, file), text)
    const child = spawn(process.execPath, [join(folder, 'main.ts')], {
      env: { ...process.env, DATA_DIR: join(folder, 'data'), BUS: 'embedded', STORE: 'embedded', HEALTH_HOST: '127.0.0.1', HEALTH_PORT: '0' }, stdio: ['ignore', 'pipe', 'pipe'],
    })
    const ended = once(child, 'exit')
    let said = ''
    let port = 0
    try {
      for await (const line of createInterface(child.stdout)) {
        said += `${line}\n`
        const facts = JSON.parse(line) as { msg: string; port?: number }
        if (facts.msg === 'health server listening') port = facts.port!
        if (said.includes('"msg":"started"') && said.includes('"msg":"counted"')) break
      }
      expect(port, said).toBeGreaterThan(0)
      expect((await fetch(`http://127.0.0.1:${port}/readyz`)).status).toBe(200)
      expect(await (await fetch(`http://127.0.0.1:${port}/metrics`)).text()).toMatch(/^streamforge_counter_quotes_total\{.*feed="stocks".*\} 1$/m)
    } finally {
      child.kill('SIGTERM')
    }
    expect((await ended)[0]).toBe(0)
  })

  it("ADD_A_FETCHER's parser reads its sample as it says", async () => {
    const files = new Map(filesOf('ADD_A_FETCHER').map(({ file, text }) => [file, text]))
    const parsers = pathToFileURL(join(root, 'apps/feed-fetcher/src/parsers/')).href
    await writeFile(join(folder, 'parse.ts'), files.get('parse.ts')!.replaceAll("'../", `'${parsers}`))
    const { metals } = await import(pathToFileURL(join(folder, 'parse.ts')).href) as { metals: { parse: (text: string) => unknown } }
    expect(JSON.parse(JSON.stringify(metals.parse(files.get('sample.json')!)))).toEqual(JSON.parse(files.get('expected.json')!))
    expect(() => metals.parse('{}')).toThrow(expect.objectContaining({ code: 'FEED_BAD_ANSWER' }))
  })
})
