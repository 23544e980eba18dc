import { Command, InvalidArgumentError, Option } from 'commander'
import { connectApi, type ConnectionOptions } from './connection.ts'
import { audit } from './commands/audit.ts'
import { canary } from './commands/canary.ts'
import { listLetters, redriveLetters } from './commands/dead-letters.ts'
import { healing } from './commands/healing.ts'
import { lineage } from './commands/lineage.ts'
import { coverage, workflows } from './commands/list.ts'
import { ping } from './commands/ping.ts'
import { replay, report } from './commands/replay.ts'
import { start, type StartOptions } from './commands/start.ts'
import { retryWorkflow, stopWorkflow } from './commands/stop.ts'
import { submit } from './commands/submit.ts'
import { listTargets, setTarget } from './commands/target.ts'
import { describeTopic, listTopics, peekTopic } from './commands/topics.ts'
import { createToken, listTokens, newToken, revokeToken } from './commands/tokens.ts'
import { up } from './commands/up.ts'
import { watchWorkflow } from './commands/watch.ts'
import { describeError, notice } from './output.ts'

const program = new Command('streamforge')
  .description('Collects market data without gaps or doubles, on a laptop or a cluster')
  .configureHelp({ showGlobalOptions: true })

const integer = (text: string) => {
  const value = Number(text)
  if (!Number.isSafeInteger(value) || value < 0) throw new InvalidArgumentError('expected a whole number')
  return value
}
const many = (text: string, before: string[] = []) => [...before, ...text.split(',')]

/** A command with the options that say where the platform is; its number becomes the exit code. */
function command<Options>(parent: Command, name: string, description: string, run: (options: Options, ...args: string[]) => Promise<number>) {
  return parent.command(name).description(description)
    .option('--url <url>', 'address of queue-manager (default: STREAMFORGE_URL, or what runs in the data directory)')
    .addOption(new Option('--data-dir <dir>', 'data directory of the platform on this machine').env('STREAMFORGE_DATA_DIR').default('.streamforge'))
    .option('--kafka <host:port>', 'use this Kafka instead of the embedded bus')
    .action(async (...received: unknown[]) => {
      const args = received.filter((a) => typeof a === 'string')
      const options = received.find((a) => a !== null && typeof a === 'object' && !(a instanceof Command)) as Options
      process.exitCode = await run(options, ...args)
    })
}
const json = () => new Option('--json', 'print JSON')
/** One that speaks to queue-manager alone: the platform may be anywhere. */
const apiCommand: typeof command = (...args) =>
  command(...args).addOption(new Option('--target <name>', 'the platform: laptop, or one of `streamforge target list`, such as cluster').conflicts('url'))

for (const [name, run, about] of [
  ['up', up, 'start everything on this machine; Ctrl-C stops it'],
  ['start', start, 'up, plus one demonstration workflow'],
] as const) {
  const c = program.command(name).description(about)
    .option('--data-dir <dir>', 'where everything is kept', '.streamforge')
    .option('--port <port>', 'port of the API; 0 takes a free one', integer, 8080)
    .option('--dashboard-port <port>', 'port of the dashboard; 0 takes a free one (default: 8081)', integer)
    .option('--data <dir>', 'replay recorded market data from this directory')
    .option('--simulate', 'use the simulator even when the exchange answers')
    .option('--kafka <host:port>', "use the Kafka that is there, or 'local' to start one (Java and Maven needed)")
    .action(async (options: StartOptions) => { process.exitCode = await run(options) })
  if (name === 'start') c.option('--once', 'end by itself, without a dashboard; exit code 0 only if every certificate is complete').addOption(json())
}

apiCommand(program, 'submit', 'send a workflow', submit)
  .option('-s, --symbol <symbols>', 'symbols, comma-separated or repeated', many)
  .option('-t, --type <types>', 'types such as api_candles_5m, api_trades', many)
  .option('-r, --range <from:to>', "UTC, 'from' included, 'to' excluded: 2024-08-01:2024-08-02")
  .option('--venue <venue>', 'venue, default binance')
  .option('--name <name>', 'a name for people')
  .option('--shards <n>', 'parts that load in parallel', integer)
  .option('--source <source>', 'auto, rest or archive')
  .option('--max-attempts <n>', 'attempts without progress before giving up', integer)
  .option('--pipeline <type>', 'what is made of the data: features, train_gnn')
  .option('--feature-interval <interval>', 'bars of the features (default: the shortest candles among the types)')
  .option('--model <name>', 'name of the model that is trained')
  .option('--set <path=value>', 'a parameter of the pipeline, such as training.epochs=5; repeated for several', (text: string, before: string[] = []) => [...before, text])
  .option('-f, --file <file>', 'a request as JSON; - reads standard input')
  .option('-w, --watch', 'follow it to its end')
  .addOption(json())
  .hook('preAction', (c) => {
    const { symbol, type } = c.opts<{ symbol?: string[]; type?: string[] }>()
    c.setOptionValue('symbols', symbol).setOptionValue('types', type)
  })
apiCommand<ConnectionOptions & { json?: boolean }>(program, 'watch <workflow>', 'follow a workflow: a progress bar a stage, rate, ETA',
  async (options, id) => watchWorkflow(await connectApi(options), id!, { json: options.json ?? false })).addOption(json())
apiCommand(program, 'workflows', 'list workflows', workflows).option('--status <status>', 'only these').addOption(json())
apiCommand(program, 'coverage', 'list coverage certificates', coverage)
  .option('--symbol <symbol>').option('--type <type>').option('--workflow <id>').addOption(json())
apiCommand(program, 'stop <workflow>', 'stop a workflow', stopWorkflow)
apiCommand(program, 'retry <workflow>', 'go on with a failed or stopped workflow', retryWorkflow)
apiCommand(program, 'replay <workflow>', 'run a finished workflow again from its topics, and compare', replay)
  .option('-w, --watch', 'follow it, then compare; exit code 0 only if every hash is the same').addOption(json())
apiCommand(program, 'report <workflow>', "a replay's hashes beside its original's", report).addOption(json())
apiCommand(program, 'healing <workflow>', 'what was decided about its workers that were lost, and why', healing).addOption(json())
apiCommand(program, 'lineage <forecast>', 'where a forecast comes from, back to the venue', lineage)
  .option('--workflow <id>', 'whose forecast (default: the newest workflow that has it)').addOption(json())
command(program, 'canary <queue>', "run a new version of a consumer beside a queue's, compare what both make, and promote it", canary)
  .requiredOption('--app <app>', 'processor, predictor or arango-connector').requiredOption('--release <version>', 'the new version, such as v0.2.0')
  .addOption(new Option('--releases <dir>', 'a folder with a checkout a version, named like it').env('RELEASES_DIR'))
  .option('--tolerance <part>', 'how far apart two numbers may be, as a part of the larger', Number, 1e-9)
  .option('--slowdown <times>', "how many times as late as now its live records may come", Number, 2)
  .option('--for <s>', 'seconds that it runs beside a queue that goes on', Number, 60)
  .option('--promote', 'launch jobs with it from now on when it agrees').option('--accept', 'and when it does not')
  .option('--keep', 'leave its topic and collection there').addOption(json())
command(program, 'ping', 'ask the services who is there', ping)
  .option('--target <name>', 'one service or worker').option('--timeout <s>', 'seconds to wait', Number, 3)
  .option('--count <n>', 'end after so many answers', integer).addOption(json())

apiCommand(program, 'audit', 'who changed what, newest first', audit)
  .option('--caller <id>', 'only of this caller, such as tok-0123456789ab').option('--action <name>', 'only this operation, such as stopWorkflow')
  .addOption(new Option('--outcome <outcome>', 'only these').choices(['done', 'refused', 'failed'])).option('--limit <n>', 'entries', integer, 100).addOption(json())

const token = program.command('token').description("programs' tokens for the API")
apiCommand(token, 'create <name>', 'make a token; it is shown once', createToken)
  .option('--role <role>', 'viewer, operator or admin', 'viewer').option('--days <n>', 'days after which it expires', integer, 90).addOption(json())
apiCommand(token, 'list', 'all tokens, without the tokens themselves', listTokens).addOption(json())
apiCommand(token, 'revoke <token>', 'refuse a token from now on', revokeToken)
token.command('new').description("a token of a deployment's owner, and the hash for its environment").addOption(json())
  .action(async (options: { json?: boolean }) => { process.exitCode = await newToken(options) })

const target = program.command('target').description('platforms by name, for --target')
target.command('set <name> <url>').description("where a platform's queue-manager answers")
  .action(async (name: string, url: string) => { process.exitCode = await setTarget(name, url) })
target.command('list').description('those that were set').addOption(json())
  .action(async (options: { json?: boolean }) => { process.exitCode = await listTargets(options) })

const topics = program.command('topics').description('look into the topics')
command(topics, 'list', 'all topics', listTopics).addOption(json())
command<never>(topics, 'describe <topic>', 'partitions, groups and their lag', (options, name) => describeTopic(name!, options)).addOption(json())
command<never>(topics, 'peek <topic>', 'read messages without consuming them', (options, name) => peekTopic(name!, options))
  .option('--partition <n>', 'partition', integer, 0).option('--offset <n>', 'first offset, default the earliest')
  .option('--limit <n>', 'messages', integer, 10).addOption(json())

const letters = program.command('deadletter').description('what was refused, and bringing it back')
command(letters, 'list', 'what was refused and why', listLetters)
  .option('--topic <topic>', 'only from this source topic').option('--limit <n>', 'at most', integer)
  .option('--file <file>', 'write them to a file of JSON lines, to be mended').addOption(json())
command(letters, 'redrive', 'put them back on their topics', redriveLetters)
  .option('--topic <topic>', 'only from this source topic').option('--limit <n>', 'at most', integer)
  .option('--file <file>', "mended letters, as 'list --file' wrote them")

await program.parseAsync().catch((error: unknown) => {
  notice(describeError(error))
  process.exitCode = 1
})
