import { installDebianPackages, whyNotInstallable } from '../debian-packages.ts'
import { runToEnd, whyNotRunnable } from '../run-to-end.ts'

/** A program that servers are fetched, built or run with. */
export type Tool = 'java' | 'mvn' | 'go' | 'cargo' | 'python3'

interface ToolEntry {
  check: readonly string[]
  /** Debian's, if it is new enough. */
  packages: readonly string[]
  /** What to do where there is no package to install. */
  remedy: string
}

const tools: Readonly<Record<Tool, ToolEntry>> = {
  java: { check: ['-version'], packages: ['default-jre-headless'], remedy: 'install Java 17 or newer' },
  mvn: { check: ['-version'], packages: ['maven'], remedy: 'install Apache Maven 3.8 or newer' },
  go: { check: ['version'], packages: [], remedy: "install Go 1.24 or newer from go.dev: Debian 12's is older, and cannot build it" },
  cargo: { check: ['--version'], packages: [], remedy: "install Rust by rustup.rs: Debian 12's is older, and cannot build it" },
  python3: { check: ['-c', 'import venv, ensurepip'], packages: ['python3', 'python3-venv', 'python3-pip'], remedy: 'install Python 3.11 or newer with venv and pip' },
}

/** Makes sure that the tools are there: by Debian's packages if this process is root. @throws Error saying what to do */
export async function ensureTools(names: readonly Tool[], say: (line: string) => void): Promise<void> {
  for (const name of names) {
    const { check, packages, remedy } = tools[name]
    if ((await whyNotRunnable(name, check)) === undefined) continue
    if (packages.length === 0) throw new Error(`${name} is needed: ${remedy}`)
    const reason = await whyNotInstallable(packages)
    if (reason !== undefined) throw new Error(`${name} is needed: ${reason}`)
    say(`installing Debian's ${packages.join(', ')}`)
    await installDebianPackages(packages)
  }
  if (names.includes('go')) await checkGo()
}

/** MinIO and InfluxDB ask for this; a newer one is fetched by Go itself where it may. */
const goNeeded = [1, 24] as const

async function checkGo(): Promise<void> {
  const { output } = await runToEnd('go', ['version'])
  const [major = 0, minor = 0] = (/go(\d+)\.(\d+)/.exec(output) ?? []).slice(1).map(Number)
  if (major > goNeeded[0] || (major === goNeeded[0] && minor >= goNeeded[1])) return
  throw new Error(`Go ${goNeeded.join('.')} or newer is needed, and this is ${output.trim()}: ${tools.go.remedy}`)
}
