// Numbers and times as people read them. The components speak English, so do these.

const count = new Intl.NumberFormat('en');
const one = new Intl.NumberFormat('en', { maximumFractionDigits: 1, minimumFractionDigits: 1 });
const date = new Intl.DateTimeFormat('en', { dateStyle: 'medium', timeStyle: 'short' });

export function formatCount(n: number): string {
  return count.format(n);
}

/** "1 file", "2 files". */
export function plural(n: number, singular: string, several = `${singular}s`): string {
  return `${count.format(n)} ${n === 1 ? singular : several}`;
}

/** Powers of 1,024, as file managers and git count. */
export function formatBytes(bytes: number): string {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];
  let value = bytes;
  let unit = 0;
  while (value >= 1023.95 && unit < units.length - 1) {
    value /= 1024;
    unit += 1;
  }
  return unit === 0 ? `${value} B` : `${one.format(value)} ${units[unit]}`;
}

/** "840 ms", "4.2 s", "1 min 03 s", "2 h 05 min". */
export function formatDuration(ms: number): string {
  if (ms < 1000) return `${Math.max(0, Math.round(ms))} ms`;
  if (ms < 9_950) return `${one.format(ms / 1000)} s`;
  const seconds = Math.round(ms / 1000);
  if (seconds < 60) return `${seconds} s`;
  const two = (n: number) => String(n).padStart(2, '0');
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ${two(seconds % 60)} s`;
  return `${Math.floor(seconds / 3600)} h ${two(Math.floor((seconds % 3600) / 60))} min`;
}

/** Seconds that run: whole ones, so that nothing flickers. */
export function formatElapsed(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  return seconds < 60 ? `${seconds} s` : formatDuration(seconds * 1000);
}

/** How long something will still take. Coarse on purpose: an estimate that looks exact would be a lie. */
export function formatRemaining(ms: number): string {
  const seconds = ms / 1000;
  if (seconds < 5) return 'a few seconds left';
  if (seconds < 55) return `about ${Math.ceil(seconds / 5) * 5} s left`;
  if (seconds < 90) return 'about a minute left';
  if (seconds < 3300) return `about ${Math.round(seconds / 60)} min left`;
  const hours = Math.round(seconds / 3600);
  return hours <= 1 ? 'about an hour left' : `about ${hours} h left`;
}

/** "just now", "5 min ago", "3 d ago", then the date. */
export function formatAgo(at: string, now: number): string {
  const seconds = Math.floor((now - Date.parse(at)) / 1000);
  if (seconds < 10) return 'just now';
  if (seconds < 60) return `${seconds} s ago`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ago`;
  if (seconds < 86_400) return `${Math.floor(seconds / 3600)} h ago`;
  if (seconds < 7 * 86_400) return `${Math.floor(seconds / 86_400)} d ago`;
  return formatDate(at);
}

export function formatDate(at: string): string {
  return date.format(new Date(at));
}

/** As many digits of a commit as people compare. */
export function shortCommit(commit: string): string {
  return commit.slice(0, 8);
}

/** A word of the API as a label: "finalize" is "Finalize", "bringBack" is "Bring back". */
export function label(word: string): string {
  const words = word.replace(/[-_]+/g, ' ').replace(/([a-z])([A-Z])/g, (_, a: string, b: string) => `${a} ${b.toLowerCase()}`);
  return words.charAt(0).toUpperCase() + words.slice(1);
}

const TRIGGERS: Record<string, string> = { cli: 'terminal', api: 'API', webhook: 'push', schedule: 'schedule' };

export function triggerLabel(trigger: string): string {
  return TRIGGERS[trigger] ?? label(trigger);
}

const UNITS: Record<string, [string, string]> = {
  files: ['file', 'files'],
  blobs: ['content', 'contents'],
  directories: ['directory', 'directories'],
};

/** "1,204 of 5,731 contents", "12 files". */
export function formatDone(done: number, total: number | undefined, unit: string | undefined): string {
  const [singular, several] = UNITS[unit ?? ''] ?? ['step', 'steps'];
  const words = (n: number) => (n === 1 ? singular : several);
  return total === undefined
    ? `${formatCount(done)} ${words(done)}`
    : `${formatCount(done)} of ${formatCount(total)} ${words(total)}`;
}
