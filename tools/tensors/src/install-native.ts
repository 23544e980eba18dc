import { tensorFlowVersion } from '@streamforge/models/tensors'
import { cachedFolder, runToEnd, whyNotRunnable } from '@streamforge/servers'
import { cp, mkdir, readdir, rm, symlink } from 'node:fs/promises'
import { basename, dirname, join, resolve } from 'node:path'

const recipe = resolve(import.meta.dirname, '../native')

/**
 * Puts TensorFlow.js for Node, TensorFlow's own library and a binding between them into `folder`, once. The binding's own installer downloads
 * from a host of its own; here the library comes from PyPI (checked against its hash), the packages from npm (checked against a lockfile),
 * and the binding, two files, is compiled against headers from npm. Needs Linux on x86-64, npm, Python 3 with pip, and a C++ compiler.
 */
export async function installNative(folder: string, log: (line: string) => void): Promise<void> {
  const reason = await whyNotHere()
  if (reason) throw new Error(reason)
  await cachedFolder(basename(folder), async (filling) => {
    log('Packages from npm ...')
    await cp(recipe, filling, { recursive: true })
    await mustRun('npm', ['ci', '--omit=dev', '--loglevel=error'], filling)
    log(`TensorFlow ${tensorFlowVersion} from PyPI, 207 MB ...`)
    const binding = join(filling, 'node_modules/@tensorflow/tfjs-node')
    await downloadLibrary(filling, join(binding, 'deps'))
    log('Compiling the binding ...')
    await compileBinding(filling, binding)
  }, dirname(folder))
}

/** One line, or undefined where it can be installed. */
async function whyNotHere(): Promise<string | undefined> {
  if (process.platform !== 'linux' || process.arch !== 'x64') return `it is made for Linux on x86-64, not for ${process.platform} on ${process.arch}`
  return (await whyNotRunnable('npm', ['--version'])) ?? (await whyNotRunnable('python3', ['-m', 'pip', '--version'])) ?? (await whyNotRunnable(compiler(), ['--version']))
}

const compiler = () => process.env.CXX || 'c++'

async function downloadLibrary(filling: string, target: string): Promise<void> {
  const download = join(filling, 'download')
  await mustRun('python3', ['-m', 'pip', 'download', '--no-deps', '--only-binary=:all:', '--python-version', '3.11', '--platform', 'manylinux2014_x86_64',
    '--platform', 'manylinux_2_17_x86_64', '--no-cache-dir', '--disable-pip-version-check', '--quiet', '--require-hashes', '-r', 'requirements.txt', '-d', download], filling)
  const [wheel] = await readdir(download)
  await mkdir(target, { recursive: true })
  await mustRun('python3', ['unpack_library.py', join(download, wheel!), target], filling)
  await rm(download, { recursive: true })
  // The linker looks for these names.
  await symlink('libtensorflow_cc.so.2', join(target, 'lib/libtensorflow.so'))
  await symlink('libtensorflow_framework.so.2', join(target, 'lib/libtensorflow_framework.so'))
}

async function compileBinding(filling: string, binding: string): Promise<void> {
  await mkdir(join(binding, 'lib/napi-v8'), { recursive: true })
  await mustRun(compiler(), ['-std=c++17', '-O2', '-fPIC', '-shared', '-DNAPI_VERSION=8', '-I..', '-Ideps/include',
    `-I${join(filling, 'node_modules/node-api-headers/include')}`, 'binding/tfjs_backend.cc', 'binding/tfjs_binding.cc', '-Ldeps/lib', '-ltensorflow', '-ltensorflow_framework',
    '-Wl,-rpath,$ORIGIN/../../deps/lib', '-o', 'lib/napi-v8/tfjs_binding.node'], binding)
}

async function mustRun(program: string, args: string[], cwd: string): Promise<void> {
  const { status, output } = await runToEnd(program, args, { cwd })
  if (status !== 0) throw new Error(`${program} ${args.slice(0, 3).join(' ')} ended with status ${status}: ${output.slice(-2000)}`)
}
