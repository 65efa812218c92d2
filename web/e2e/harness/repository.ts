// Real git repositories, made quickly.
import { execFile, execFileSync } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

export interface Commit {
  message: string;
  /** Path and content; nothing: the file is deleted. */
  files: Record<string, string | null>;
}

export class Repository {
  /** Time goes on by a minute with each commit. */
  #minutes = 0;

  private constructor(
    readonly folder: string,
    readonly path: string,
  ) {}

  static async make(name = 'harbour'): Promise<Repository> {
    const folder = await mkdtemp(join(tmpdir(), 'project-sync-repository-'));
    const repository = new Repository(folder, join(folder, `${name}.git`));
    await run('git', ['init', '--quiet', '--bare', '--initial-branch=main', repository.path]);
    return repository;
  }

  /** Adds a commit to a branch; a new branch begins where `from` is. */
  commit(branch: string, { message, files }: Commit, from?: string): void {
    this.#minutes += 1;
    const at = 1_760_000_000 + this.#minutes * 60;
    const lines: (string | Buffer)[] = [
      `commit refs/heads/${branch}\n`,
      `committer Ada <ada@example.org> ${at} +0000\n`,
      ...data(message),
    ];
    const parent = from ?? (this.#has(branch) ? branch : undefined);
    if (parent !== undefined) lines.push(`from refs/heads/${parent}^0\n`);
    for (const [path, content] of Object.entries(files)) {
      if (content === null) lines.push(`D ${path}\n`);
      else lines.push(`M 100644 inline ${path}\n`, ...data(content));
    }
    this.#import(lines);
  }

  /** Makes branches at the tip of another one. */
  branches(names: Iterable<string>, at = 'main'): void {
    const tip = execFileSync('git', ['-C', this.path, 'rev-parse', at], { encoding: 'utf8' }).trim();
    const input = [...names].map((name) => `create refs/heads/${name} ${tip}\n`).join('');
    execFileSync('git', ['-C', this.path, 'update-ref', '--stdin'], { input });
    execFileSync('git', ['-C', this.path, 'pack-refs', '--all']);
  }

  #has(branch: string): boolean {
    const found = execFileSync('git', ['-C', this.path, 'for-each-ref', `refs/heads/${branch}`], { encoding: 'utf8' });
    return found !== '';
  }

  #import(lines: (string | Buffer)[]): void {
    const input = Buffer.concat(lines.map((line) => (typeof line === 'string' ? Buffer.from(line) : line)));
    execFileSync('git', ['-C', this.path, 'fast-import', '--quiet'], { input, maxBuffer: 1 << 26 });
  }

  async remove(): Promise<void> {
    await rm(this.folder, { recursive: true, force: true });
  }
}

function data(text: string): (string | Buffer)[] {
  const bytes = Buffer.from(text);
  return [`data ${bytes.length}\n`, bytes, '\n'];
}

/** Many files in folders, a few of them memory. */
export function manyFiles(count: number, word = 'line'): Record<string, string> {
  const files: Record<string, string> = {
    'README.md': '# Harbour\n\nKeeps boats.\n\n## Install\n\nRun it.\n\n## Use\n\nMoor a boat.\n',
    'AGENTS.md': '# Agents\n\n## Style\n\nShort sentences.\n\n## Tests\n\nRun them all.\n',
    'docs/mooring.md': '# Mooring\n\nHow boats are moored.\n\n## Ropes\n\nTwo of them.\n',
  };
  for (let i = 0; i < count; i += 1) {
    files[`src/part-${i % 40}/file-${String(i).padStart(5, '0')}.ts`] = `export const ${word}${i} = ${i};\n`.repeat(1 + (i % 7));
  }
  return files;
}
