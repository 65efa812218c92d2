// A real browser, and what is looked at in it.
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { chromium, type Browser, type BrowserContext, type Page } from 'playwright-core';

export type { Browser, BrowserContext, Locator, Page } from 'playwright-core';
export type Theme = 'light' | 'dark';

const FLAGS = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/**
 * How long the browser may take for anything, in milliseconds. Longer than the longest wait between two tries of a
 * connection (45 s): where a service takes its time to come back, so does the page.
 */
const PATIENCE_MS = 60_000;

export function launch(): Promise<Browser> {
  return chromium.launch({ executablePath: process.env['PROJECT_SYNC_CHROMIUM'], args: FLAGS, timeout: 2 * PATIENCE_MS });
}

export interface OpenOptions {
  theme?: Theme;
  width?: number;
  height?: number;
  /** Pixels of the picture for each of the page. */
  scale?: number;
}

/** A new window with nothing kept from others. Errors of the page's script are told with {@link errorsOf}. */
export async function open(
  browser: Browser,
  url: string,
  { theme = 'light', width = 1280, height = 900, scale = 1 }: OpenOptions = {},
): Promise<Page> {
  const context: BrowserContext = await browser.newContext({
    viewport: { width, height },
    deviceScaleFactor: scale,
    colorScheme: theme,
    // What moves on its own would be caught in the middle.
    reducedMotion: 'reduce',
    // Not those of the machine.
    locale: 'en-US',
    timezoneId: 'UTC',
    baseURL: url,
  });
  context.setDefaultTimeout(PATIENCE_MS);
  const page = await context.newPage();
  errors.set(page, []);
  page.on('pageerror', (error) => errors.get(page)?.push(error.message));
  await page.addInitScript(watchShifts);
  await page.goto(url);
  return page;
}

const errors = new WeakMap<Page, string[]>();

/** What the page's script threw and nobody caught. */
export function errorsOf(page: Page): string[] {
  return errors.get(page) ?? [];
}

interface Shift {
  value: number;
  what: string[];
}

/** Runs in the page: keeps every shift of what was drawn already, whoever caused it. */
function watchShifts(): void {
  const shifts: Shift[] = [];
  interface Entry extends PerformanceEntry {
    value: number;
    sources: { node: Node | null }[];
  }
  const keep = (entries: PerformanceEntryList) => {
    for (const entry of entries as Entry[]) {
      const what = entry.sources.map(({ node }) => (node instanceof Element ? node.outerHTML : (node?.textContent ?? '')).slice(0, 120));
      shifts.push({ value: entry.value, what });
    }
  };
  const observer = new PerformanceObserver((list) => keep(list.getEntries()));
  observer.observe({ type: 'layout-shift', buffered: true });
  (window as unknown as Watched).takeShifts = () => {
    // With those that are known already and wait to be told.
    keep(observer.takeRecords());
    return shifts.splice(0);
  };
}

interface Watched {
  takeShifts: () => Shift[];
}

/** What has moved on the page since it was loaded, or since this was asked last. */
export function takeShifts(page: Page): Promise<Shift[]> {
  return page.evaluate(async () => {
    // Shifts are known after the frame in which they happen.
    await new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
    return (window as unknown as Watched).takeShifts();
  });
}

const axeSource = readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

/** What axe finds wrong with what the page shows now. */
export async function violations(page: Page): Promise<string[]> {
  // Evaluated by the browser itself, which no policy of the page's forbids.
  if (!(await page.evaluate(() => 'axe' in window))) await page.evaluate(await axeSource);
  return page.evaluate(async () => {
    const { axe } = window as unknown as { axe: Axe };
    const { violations } = await axe.run({ resultTypes: ['violations'] });
    return violations.flatMap(({ id, nodes }) => nodes.map(({ html, any }) => `${id}: ${html.slice(0, 200)} ${any[0]?.message ?? ''}`));
  });
}

/** As much of axe as is used. */
interface Axe {
  run: (options: object) => Promise<{ violations: { id: string; nodes: { html: string; any: { message: string }[] }[] }[] }>;
}

/** What sticks out of the window on its right, if the page scrolls sideways for it. */
export function overflow(page: Page): Promise<string[]> {
  return page.evaluate(() => {
    const { scrollWidth, clientWidth } = document.documentElement;
    if (scrollWidth <= clientWidth) return [];
    return [...document.body.querySelectorAll('*')]
      .filter((element) => element.getBoundingClientRect().right > clientWidth)
      .map((element) => `${Math.round(element.getBoundingClientRect().right - clientWidth)} px: ${element.outerHTML.slice(0, 100)}`)
      .slice(0, 8);
  });
}
