// Every page, in both themes and at every width: accessible, and nothing wider than the window. Where PROJECT_SYNC_SHOTS
// names a folder, pictures of them are left there.
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { overflow, violations, type Page, type Theme } from '../harness/browser.js';
import { bannerIs, branchField, isLive } from '../harness/parts.js';
import { manyFiles } from '../harness/repository.js';
import { stage } from '../harness/stage.js';

// One of the syncs is held for as long as all of this takes, which may be longer than a host may be silent.
const on = stage({ env: { PROJECT_SYNC__SOURCE__IDLE_TIMEOUT_SECONDS: '3600' } });
const SHOTS = process.env['PROJECT_SYNC_SHOTS'];
const LONG = 'the-name-of-something-that-somebody-could-not-stop-describing-'.repeat(3).slice(0, 150);

let id: string;
let failed: string;
let long: string;
let empty: string;

beforeAll(async () => {
  const repository = await on.repository();
  repository.commit('main', { message: 'Begin with mooring', files: manyFiles(1500) });
  repository.commit('feature/night-harbour', { message: 'Lights', files: { 'docs/lights.md': '# Lights\n\nRed and green.\n' } }, 'main');
  const host = await on.host(repository);
  id = await on.service.connect(host.url, 'main', 'feature/night-harbour');
  repository.commit('main', { message: 'Moor with three ropes instead of two', files: { 'docs/mooring.md': '# Mooring\n\nHow boats are moored.\n\n## Ropes\n\nThree of them.\n' } });
  await on.service.sync(id, 'main');
  repository.commit('main', { message: 'Drop the old parts', files: Object.fromEntries(Array.from({ length: 30 }, (_, i) => [`src/part-${i % 40}/file-${String(i).padStart(5, '0')}.ts`, null])) });
  await on.service.sync(id, 'main');

  const broken = await on.repository('broken');
  broken.commit('main', { message: 'Begin', files: manyFiles(5) });
  failed = await on.service.connect(broken.path, 'main');
  await broken.remove();
  await on.service.sync(failed, 'main');

  const other = await on.repository('other');
  other.commit('main', { message: LONG, files: { ...manyFiles(3), [`${LONG}/${LONG}.md`]: `# ${LONG}\n\n${LONG}\n` } });
  other.commit(LONG, { message: LONG, files: { 'a.txt': 'a' } }, 'main');
  const made = await on.service.client.projects.create({ name: `${LONG}${LONG}`.slice(0, 190), source: { kind: 'git', url: other.path } });
  long = made.id;
  for (const branch of ['main', LONG]) await on.service.sync(long, branch);
  ({ id: empty } = await on.service.client.projects.create({ name: 'Not yet', source: { kind: 'git', url: other.path } }));

  // One that runs, for as long as all of this takes.
  repository.commit('main', { message: 'Rename everything', files: manyFiles(1500, 'renamed') });
  host.hold();
  await on.service.client.projects.sync.start(id, { branch: 'main' });
  await host.held();
});

const settled = (page: Page) => page.locator('.loading').waitFor({ state: 'detached' });

const PAGES: [name: string, path: () => string, ready: (page: Page) => Promise<unknown>][] = [
  ['projects', () => '/', (page) => page.getByRole('list', { name: 'Projects' }).waitFor()],
  ['running', () => `/projects/${id}`, async (page) => (await bannerIs(page, 'running'), await isLive(page), await page.locator('.ps-diff li').first().waitFor())],
  ['done', () => `/projects/${id}?branch=feature%2Fnight-harbour`, (page) => bannerIs(page, 'completed')],
  ['failed', () => `/projects/${failed}`, (page) => bannerIs(page, 'failed')],
  ['never', () => `/projects/${empty}`, (page) => bannerIs(page, 'none')],
  ['files', () => `/projects/${id}/files`, (page) => page.locator('.row').first().waitFor()],
  ['files-empty', () => `/projects/${id}/files?q=nothing-like-it`, (page) => page.locator('.empty').waitFor()],
  ['memory', () => `/projects/${id}/memory?superseded=shown`, (page) => page.locator('.entry').first().waitFor()],
  ['history', () => `/projects/${id}/history`, (page) => page.locator('.ps-history-row').first().waitFor()],
  ['history-failed', () => `/projects/${failed}/history`, (page) => page.locator('.ps-history-row').first().waitFor()],
  ['long', () => `/projects/${long}?branch=${LONG}`, (page) => bannerIs(page, 'completed')],
  ['long-files', () => `/projects/${long}/files`, (page) => page.locator('.row').first().waitFor()],
  ['long-memory', () => `/projects/${long}/memory`, (page) => page.locator('.entry').first().waitFor()],
  ['long-history', () => `/projects/${long}/history?branch=${LONG}`, (page) => page.locator('.ps-history-row').first().waitFor()],
  ['unknown', () => '/projects/00000000-0000-7000-8000-000000000000', (page) => page.getByRole('alert').waitFor()],
  ['queue', () => '/queue', (page) => page.locator('.list li').first().waitFor()],
  ['queue-failed', () => '/queue?status=failed', (page) => page.getByRole('list', { name: 'Failed syncs' }).getByRole('listitem').first().waitFor()],
  ['settings', () => '/settings', (page) => page.locator('.list li').first().waitFor()],
];

/** What opens above a page. */
const ABOVE: [name: string, path: () => string, open: (page: Page) => Promise<unknown>][] = [
  ['branches', () => `/projects/${id}`, async (page) => (await branchField(page).click(), await page.getByRole('option', { name: /night/ }).waitFor())],
  ['more', () => `/projects/${id}`, async (page) => (await page.getByRole('button', { name: 'More' }).click(), await page.getByRole('menu').waitFor())],
  ['remove', () => `/projects/${id}`, async (page) => (await page.getByRole('button', { name: 'Remove…' }).click(), await page.getByRole('dialog').waitFor())],
  ['states', () => `/projects/${id}/files`, async (page) => (await page.getByRole('button', { name: /^State/ }).click(), await page.locator('.states li').first().waitFor())],
  ['entry', () => `/projects/${id}/memory`, async (page) => (await page.locator('.entry button').first().click(), await page.locator('.entry-body').waitFor())],
  ['changes', () => `/projects/${id}/history`, async (page) => (await page.getByRole('button', { name: 'Changes of #3' }).click(), await page.locator('dialog .ps-diff li').first().waitFor())],
  ['restore', () => `/projects/${id}/history`, async (page) => (await page.getByRole('button', { name: 'Restore memory to #1 of main' }).click(), await page.locator('dialog .ps-diff li, dialog .ps-empty').first().waitFor())],
  ['cancel', () => '/queue', async (page) => (await page.getByRole('button', { name: /^Cancel main/ }).click(), await page.getByRole('dialog').waitFor())],
];

async function shoot(page: Page, name: string): Promise<void> {
  if (!SHOTS) return;
  await mkdir(SHOTS, { recursive: true });
  await page.screenshot({ path: join(SHOTS, `${name}.png`) });
}

describe.each<Theme>(['light', 'dark'])('in the %s theme', (theme) => {
  test.each(PAGES)('%s', async (name, path, ready) => {
    const page = await on.page(path(), { theme });
    await ready(page);
    await settled(page);
    for (const [width, height] of [[320, 700], [768, 900], [2560, 1440], [1280, 900]] as const) {
      await page.setViewportSize({ width, height });
      expect(await overflow(page), `at ${width} px`).toEqual([]);
      await shoot(page, `${name}-${theme}-${width}`);
    }
    expect(await violations(page)).toEqual([]);
    await page.setViewportSize({ width: 320, height: 700 });
    expect(await violations(page)).toEqual([]);
  });

  test.each(ABOVE)('%s, above a page', async (name, path, open) => {
    const page = await on.page(path(), { theme });
    await open(page);
    for (const [width, height] of [[320, 700], [1280, 900]] as const) {
      await page.setViewportSize({ width, height });
      expect(await overflow(page), `at ${width} px`).toEqual([]);
      await shoot(page, `${name}-${theme}-${width}`);
      expect(await violations(page)).toEqual([]);
    }
  });
});
