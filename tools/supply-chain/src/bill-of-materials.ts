import { outsidePackages, type Lockfile, type OutsidePackage } from './lockfile.ts'

/** A CycloneDX 1.6 document of what is installed, made from the lockfile alone: https://cyclonedx.org/docs/1.6/json. (`npm sbom` refuses a tree whose optional peers disagree.) */
export function billOfMaterials(lockfile: Lockfile, name: string, version: string) {
  return {
    bomFormat: 'CycloneDX', specVersion: '1.6', version: 1,
    metadata: { component: { type: 'application', 'bom-ref': name, name, version } },
    components: outsidePackages(lockfile).map(component),
  }
}

function component({ name, path, version, license, dev, integrity }: OutsidePackage) {
  return {
    type: 'library', 'bom-ref': path, name, version, purl: `pkg:npm/${name.replace('@', '%40')}@${version}`, scope: dev ? 'excluded' : 'required',
    ...(license !== undefined && { licenses: [/[ (]/.test(license) ? { expression: license } : { license: { id: license } }] }),
    ...(integrity?.startsWith('sha512-') && { hashes: [{ alg: 'SHA-512', content: Buffer.from(integrity.slice('sha512-'.length), 'base64').toString('hex') }] }),
  }
}
