// What must be there before anything is tried: the binary, and a browser.
import { execFileSync } from 'node:child_process';
import { accessSync, constants, existsSync } from 'node:fs';

/** Where Debian puts it. */
const CHROMIUM = '/usr/bin/chromium';

export default function setup(): void {
  const binary = process.env['PROJECT_SYNC_BIN'];
  if (!binary) throw new Error('PROJECT_SYNC_BIN is not set: it names the project-sync binary to test.');
  accessSync(binary, constants.X_OK);
  process.env['PROJECT_SYNC_CHROMIUM'] ??= CHROMIUM;
  const chromium = process.env['PROJECT_SYNC_CHROMIUM'];
  if (!existsSync(chromium)) install(chromium);
}

function install(chromium: string): void {
  const how = `Install Debian's chromium, or name another one in PROJECT_SYNC_CHROMIUM.`;
  if (chromium !== CHROMIUM) throw new Error(`There is no ${chromium}. ${how}`);
  console.error('There is no Chromium: installing the one of Debian.');
  try {
    execFileSync('apt-get', ['install', '--yes', '--no-install-recommends', 'chromium'], {
      stdio: ['ignore', 'ignore', 'inherit'],
      env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
    });
  } catch (error) {
    throw new Error(`Chromium could not be installed. ${how}`, { cause: error });
  }
  if (!existsSync(chromium)) throw new Error(`There is no ${chromium}, even now. ${how}`);
}
