import { expect, test } from 'vitest';
import { takeShifts } from '../harness/browser.js';
import { bannerIs, bannerSays, isLive, mainButton, phases } from '../harness/parts.js';
import { manyFiles } from '../harness/repository.js';
import { stage } from '../harness/stage.js';

const on = stage({ env: { PROJECT_SYNC__WORKER__RETRY_FIRST_DELAY_SECONDS: '1', PROJECT_SYNC__WORKER__DRAIN_SECONDS: '1' } });

/** A project whose next sync is held half way. */
async function heldProject(files = 2000) {
  const repository = await on.repository();
  repository.commit('main', { message: 'Begin', files: manyFiles(files) });
  const host = await on.host(repository);
  const id = await on.service.connect(host.url, 'main');
  repository.commit('main', { message: 'More', files: manyFiles(files, 'other') });
  host.hold();
  return { id, host, repository };
}

const running = (all: [string, string][]) => all.filter(([, status]) => status === 'running').map(([name]) => name);

test('reload in the middle: it goes on where it is', async () => {
  const { id, host } = await heldProject();
  const page = await on.page(`/projects/${id}`);
  await bannerIs(page, 'completed');
  await mainButton(page).click();
  await host.held();
  await bannerIs(page, 'running');
  const before = await phases(page);
  expect(running(before)).toHaveLength(1);

  await page.reload();
  await bannerIs(page, 'running');
  await isLive(page);
  expect(await phases(page)).toEqual(before);
  await mainButton(page).getByText('Cancel').waitFor();
  host.release();
});

test('released, it ends; and nothing that was drawn moves meanwhile', async () => {
  const { id, host } = await heldProject(6000);
  const page = await on.page(`/projects/${id}`);
  await bannerIs(page, 'completed');
  await isLive(page);
  await page.getByText('6,003').first().waitFor();
  await takeShifts(page);
  await mainButton(page).click();
  await host.held();
  await bannerIs(page, 'running');
  host.release();
  await bannerIs(page, 'completed');
  await page.locator('.ps-banner-detail', { hasText: '6,000 files changed' }).waitFor();
  expect(await takeShifts(page)).toEqual([]);
});

test('two tabs see the same, and a sync that someone else started', async () => {
  const { id, host } = await heldProject();
  const [left, right] = [await on.page(`/projects/${id}`), await on.page(`/projects/${id}`)];
  for (const page of [left, right]) await bannerIs(page, 'completed').then(() => isLive(page));
  // Neither of them.
  const { sync } = await on.service.client.projects.sync.start(id);
  const held = await host.held();
  for (const page of [left, right]) await bannerIs(page, 'running');
  expect(await phases(left)).toEqual(await phases(right));

  // The one cancels, the other is told.
  await mainButton(left).click();
  held.cut();
  for (const page of [left, right]) await bannerIs(page, 'cancelled');
  expect((await on.service.client.syncs.get(sync.id)).status).toBe('cancelled');

  // The other begins again.
  host.release();
  await mainButton(right).click();
  for (const page of [left, right]) await bannerIs(page, 'completed');
});

test('cancel: nothing of it is visible', async () => {
  const { id, host } = await heldProject();
  const page = await on.page(`/projects/${id}`);
  await bannerIs(page, 'completed');
  await mainButton(page).click();
  const held = await host.held();
  await bannerIs(page, 'running');
  await mainButton(page).getByText('Cancel', { exact: true }).click();
  await bannerIs(page, 'cancelled');
  await held.gone;
  await bannerSays(page, 'Sync of main was cancelled');
  await page.locator('.ps-banner-detail', { hasText: 'Nothing of it is visible' }).waitFor();
  expect((await phases(page)).map(([, status]) => status)).toContain('stopped');
  const { items } = await on.service.client.projects.sync.history(id, { status: 'completed' });
  expect(items).toHaveLength(1);
  host.release();
});

test('the server is killed in the middle and comes back: the sync is done all the same', async () => {
  const { id, host } = await heldProject();
  const page = await on.page(`/projects/${id}`);
  await bannerIs(page, 'completed');
  await mainButton(page).click();
  await host.held();
  await bannerIs(page, 'running');
  await isLive(page);

  await on.service.kill();
  await page.locator('.ps-connection[data-connection="waiting"]').waitFor();
  // What was known is still shown.
  await bannerIs(page, 'running');
  host.release();
  await on.service.run();
  // Whoever does not want to wait need not; else it comes back by itself.
  await isLive(page);
  await bannerIs(page, 'completed');
  const { items } = await on.service.client.projects.sync.history(id, { status: 'completed' });
  expect(items).toHaveLength(2);
  await page.getByRole('link', { name: 'History' }).click();
  await page.locator('.ps-history-row').first().getByText('2 tries').waitFor();
});

test('the server goes in order: the sync is handed over to the next one', async () => {
  const { id, host } = await heldProject();
  const page = await on.page(`/projects/${id}`);
  await bannerIs(page, 'completed');
  await mainButton(page).click();
  await host.held();
  await bannerIs(page, 'running');
  // It is held for longer than the worker waits.
  await on.service.kill('SIGTERM');
  host.release();
  await on.service.run();
  await bannerIs(page, 'completed');
  await isLive(page);
});
