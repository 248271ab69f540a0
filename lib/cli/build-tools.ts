// Which tools a build needs on each system, and the line that installs those that are missing. Pure: the caller says
// how to find a program. A package manager more is a line in MANAGERS.

type Tool = 'compiler' | 'make' | 'python';
type Find = (program: string) => string | undefined;

interface Manager {
  readonly program: string;
  /** What stands before the names of packages. */
  readonly install: string;
  readonly packages: Readonly<Record<Tool, string>>;
}

const usual = { make: 'make', python: 'python3' };

/** The first that is on PATH is the system's. */
const MANAGERS: readonly Manager[] = [
  { program: 'apt-get', install: 'apt-get install -y', packages: { compiler: 'g++', ...usual } },
  { program: 'dnf', install: 'dnf install -y', packages: { compiler: 'gcc-c++', ...usual } },
  { program: 'microdnf', install: 'microdnf install -y', packages: { compiler: 'gcc-c++', ...usual } },
  { program: 'yum', install: 'yum install -y', packages: { compiler: 'gcc-c++', ...usual } },
  { program: 'apk', install: 'apk add', packages: { compiler: 'g++', ...usual } },
  { program: 'zypper', install: 'zypper install -y', packages: { compiler: 'gcc-c++', ...usual } },
  { program: 'xbps-install', install: 'xbps-install -S', packages: { compiler: 'gcc', ...usual } },
  { program: 'pacman', install: 'pacman -S --needed', packages: { compiler: 'gcc', make: 'make', python: 'python' } },
  { program: 'pkg', install: 'pkg install -y', packages: { compiler: 'llvm', make: 'gmake', python: 'python3' } },
  { program: 'pkgin', install: 'pkgin install', packages: { compiler: 'gcc14', make: 'gmake', python: 'python312' } },
  { program: 'pkg_add', install: 'pkg_add', packages: { compiler: 'llvm', make: 'gmake', python: 'python3' } },
];

const BSD_MAKE = ['freebsd', 'openbsd', 'netbsd', 'dragonfly'];

/** Programs of which one is enough. */
function programsOf(tool: Tool, platform: string, env: NodeJS.ProcessEnv): string[] {
  const named = (value: string | undefined): string[] => (value ? [value.split(' ')[0] as string] : []);
  if (tool === 'compiler') return [...named(env.CXX), 'c++', 'g++', 'clang++'];
  if (tool === 'make') return [...named(env.MAKE), BSD_MAKE.includes(platform) ? 'gmake' : 'make'];
  return [...named(env.npm_config_python), ...named(env.PYTHON), 'python3', 'python', 'py'];
}

/** Visual Studio is in no PATH: node-gyp looks for it, and says so if it finds nothing. */
const toolsOf = (platform: string): Tool[] => (platform === 'win32' ? ['python'] : ['compiler', 'make', 'python']);

export function missingTools(platform: string, env: NodeJS.ProcessEnv, find: Find): Tool[] {
  return toolsOf(platform).filter(
    (tool) => !programsOf(tool, platform, env).some((program) => find(program) !== undefined),
  );
}

const NAMES: Record<Tool, string> = { compiler: 'a C++17 compiler', make: 'make', python: 'Python 3' };

function installLine(tools: readonly Tool[], platform: string, isRoot: boolean, find: Find): string {
  if (platform === 'darwin') return 'xcode-select --install';
  if (platform === 'win32') {
    const workload = '--override "--passive --add Microsoft.VisualStudio.Workload.VCTools --includeRecommended"';
    return `winget install Python.Python.3.13\nwinget install Microsoft.VisualStudio.2022.BuildTools ${workload}`;
  }
  const manager = MANAGERS.find(({ program }) => find(program) !== undefined);
  if (manager === undefined) return 'with the package manager of your system: g++ (or clang++), make, python3';
  const packages = tools.map((tool) => manager.packages[tool]);
  const sudo = isRoot ? '' : platform === 'openbsd' ? 'doas ' : 'sudo ';
  const update = manager.program === 'apt-get' ? `${sudo}apt-get update && ` : '';
  return `${update}${sudo}${manager.install} ${packages.join(' ')}`;
}

/** What to install, and how; for none in particular, what a build needs. */
export function adviceFor(missing: readonly Tool[], platform: string, isRoot: boolean, find: Find): string {
  const tools = missing.length > 0 ? missing : toolsOf(platform);
  const names = [...tools.map((tool) => NAMES[tool]), ...(platform === 'win32' ? ['Visual Studio with C++'] : [])];
  const lead = missing.length > 0 ? 'A build needs what is not here' : 'What a build needs';
  return `${lead}: ${names.join(', ')}. To install it:\n  ${installLine(tools, platform, isRoot, find).replaceAll('\n', '\n  ')}`;
}
