import { existsSync } from 'node:fs'
import { chromium } from 'playwright-core'
import { WebSocket } from 'ws'
import type { LiveServerMessage, Trade } from '@streamforge/contracts'
import type { Histogram } from './histogram.ts'

/** Trades pushed to a market page: from the receipt of their frame at the loader to the page. */
export interface PageDelay {
  /** `Chromium`, or what stood in for it. */
  readonly client: string
  /** Process id of the browser, for those who watch memory. */
  readonly pid: number | undefined
  /** Forgets what was measured so far. */
  reset(): Promise<void>
  /** Milliseconds to the message in the page, and to the frame that was painted after it; the latter without a browser none. */
  read(): Promise<{ received: Histogram; painted: Histogram | undefined }>
  close(): Promise<void>
}

/** Longest delay that is told apart, milliseconds. */
const longest = 10_000
const candidates = [process.env['CHROMIUM'], '/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome']
const args = ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync']

/** Opens the market page of a symbol in a browser, or where there is none follows its trades as the page does. */
export function openPage(dashboard: string, symbol: string): Promise<PageDelay> {
  const executablePath = candidates.find((path) => path !== undefined && path !== '' && existsSync(path))
  return executablePath ? openBrowserPage(executablePath, dashboard, symbol) : followTrades(dashboard, symbol)
}

/** Runs in the page before its own code: counts, for every trade pushed, the milliseconds since its frame was received. */
const counter = `(() => {
  const delays = { received: new Array(${longest + 1}).fill(0), painted: new Array(${longest + 1}).fill(0) };
  window.__delays = delays;
  const count = (name, trades) => {
    const now = Date.now();
    for (const trade of trades) delays[name][Math.max(0, Math.min(${longest}, now - trade.known_time))]++;
  };
  window.WebSocket = class extends WebSocket {
    constructor(...given) {
      super(...given);
      this.addEventListener('message', (event) => {
        if (!event.data.includes('"kind":"trades"')) return;
        const { op, data } = JSON.parse(event.data);
        if (op !== 'data' || data.kind !== 'trades') return;
        const live = data.trades.filter((trade) => !trade.backfilled);
        count('received', live);
        // The next frame shows it; a message posted from its callback is handled once that frame is out.
        requestAnimationFrame(() => {
          const { port1, port2 } = new MessageChannel();
          port1.onmessage = () => { count('painted', live); port1.close(); };
          port2.postMessage(0);
        });
      });
    }
  };
})()`

async function openBrowserPage(executablePath: string, dashboard: string, symbol: string): Promise<PageDelay> {
  const server = await chromium.launchServer({ executablePath, args })
  const browser = await chromium.connect(server.wsEndpoint())
  const page = await (await browser.newContext({ viewport: { width: 1280, height: 800 } })).newPage()
  await page.addInitScript(counter)
  await page.goto(`${dashboard}/market/binance/${symbol}`)
  return {
    client: 'Chromium', pid: server.process().pid,
    reset: async () => { await page.evaluate("['received', 'painted'].forEach((name) => window.__delays[name].fill(0))") },
    async read() {
      const counts = await page.evaluate<{ received: number[]; painted: number[] }>('window.__delays')
      return { received: cumulative(counts.received), painted: cumulative(counts.painted) }
    },
    async close() {
      await browser.close()
      await server.close()
    },
  }
}

async function followTrades(dashboard: string, symbol: string): Promise<PageDelay> {
  const counts = new Array<number>(longest + 1).fill(0)
  const socket = new WebSocket(`${dashboard.replace(/^http/, 'ws')}/live`, { origin: dashboard })
  socket.on('open', () => socket.send(JSON.stringify({ op: 'subscribe', id: 1, channel: { kind: 'trades', venue: 'binance', symbol } })))
  socket.on('message', (data) => {
    const message = JSON.parse((data as Buffer).toString()) as LiveServerMessage
    if (message.op !== 'data' || message.data.kind !== 'trades') return
    const now = Date.now()
    for (const trade of message.data.trades as Trade[]) {
      if (!trade.backfilled) counts[Math.max(0, Math.min(longest, now - trade.known_time))]!++
    }
  })
  await new Promise((resolve, reject) => socket.once('open', resolve).once('error', reject))
  return {
    client: 'a WebSocket client (no Chromium is installed, and CHROMIUM names none)', pid: undefined,
    reset: async () => void counts.fill(0),
    read: async () => ({ received: cumulative(counts), painted: undefined }),
    close: async () => socket.terminate(),
  }
}

function cumulative(counts: readonly number[]): Histogram {
  let sum = 0
  const histogram = new Map(counts.map((count, ms) => [ms, sum += count]))
  return histogram.set(Infinity, sum)
}
