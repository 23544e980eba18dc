// npm run supply-chain [-- --sbom FILE]: what is wrong with what we are made of; ends with 1 when something is.
import { writeFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { audit } from './audit.ts'
import { billOfMaterials } from './bill-of-materials.ts'
import { unpinnedImages } from './check-images.ts'
import { disagreements, foreignLicenses, staleNames, unnamedInstallScripts, unpinned } from './check-lockfile.ts'
import { outsidePackages } from './lockfile.ts'
import { readImages, readLockfile, readManifests } from './read-tree.ts'

const root = resolve(import.meta.dirname, '../../..')
const say = (line: string) => process.stdout.write(`${line}\n`)
const lockfile = await readLockfile(root)
const images = await readImages(root)
const found = await audit(root)
const checks: Record<string, readonly string[]> = {
  'the lockfile is what package.json asks for': disagreements(await readManifests(root), lockfile),
  'every package has a checksum': unpinned(lockfile),
  'every licence is on the list': foreignLicenses(lockfile),
  'install scripts are of the list only': unnamedInstallScripts(lockfile),
  'no list names what is gone': staleNames(lockfile),
  'images name a version or a digest': unpinnedImages(images),
  ...('vulnerabilities' in found && { 'no known vulnerability, high or critical': found.vulnerabilities }),
}
say(`${outsidePackages(lockfile).length} packages, ${images.length} references to images`)
for (const [what, problems] of Object.entries(checks)) {
  say(`${problems.length ? 'WRONG' : 'ok   '} ${what}`)
  for (const problem of problems) say(`      ${problem}`)
}
if ('skipped' in found) say(`SKIPPED known vulnerabilities: ${found.skipped}`)
const file = process.argv.includes('--sbom') ? process.argv[process.argv.indexOf('--sbom') + 1] : undefined
if (file !== undefined) {
  await writeFile(file, `${JSON.stringify(billOfMaterials(lockfile, 'streamforge', '0.1.0'), undefined, 2)}\n`)
  say(`written: ${file}`)
}
process.exitCode = Object.values(checks).some((problems) => problems.length > 0) ? 1 : 0
