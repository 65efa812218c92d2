import { describe, expect, test } from 'vitest';
import { takeShifts } from '../harness/browser.js';
import { FORMS } from '../harness/form.js';
import { bannerIs, bannerSays, branchField, detail, isLive, mainButton, phases } from '../harness/parts.js';
import { manyFiles } from '../harness/repository.js';
import { stage } from '../harness/stage.js';

/** Settings under which nobody waits for long until what was interrupted goes on. */
const HASTE = {
  PROJECT_SYNC__WORKER__RETRY_FIRST_DELAY_SECONDS: '1',
  PROJECT_SYNC__WORKER__DRAIN_SECONDS: '1',
  PROJECT_SYNC__WORKER__RESCUE_SECONDS: '1',
  // Long enough for those whom a busy machine stops for a while.
  PROJECT_SYNC__SYNC__LEASE_SECONDS: '10',
  PROJECT_SYNC__QUEUE__LEASE_SECONDS: '10',
};

/** The phase in which content is fetched: what is held is held there. */
const HELD = 'Scan';

const running = (all: [string, string][]) => all.filter(([, status]) => status === 'running').map(([name]) => name);

for (const [form, canRun] of FORMS) describe.runIf(canRun)(form, () => {
  const on = stage({ form, env: HASTE });

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

  test('connect, pick a branch, sync, watch it live, finished', async () => {
    const repository = await on.repository();
    repository.commit('main', { message: 'Begin', files: manyFiles(3000) });
    repository.commit('feature/ropes', { message: 'Three ropes', files: { 'docs/mooring.md': '# Mooring\n\nThree ropes.\n' } }, 'main');
    const host = await on.host(repository);
    const page = await on.page();

    await page.getByText('No project yet').waitFor();
    host.hold();
    await page.getByLabel('Repository').fill(host.url);
    await page.getByText('A repository on 127.0.0.1').waitFor();
    await page.getByRole('button', { name: 'Connect and sync' }).click();

    // The first sync begins by itself. It is held half way.
    await page.getByRole('heading', { name: 'harbour' }).waitFor();
    await host.held();
    await bannerIs(page, 'running');
    await page.getByText('Live').waitFor();
    await expect.poll(async () => running(await phases(page))).toEqual([HELD]);
    host.release();
    await bannerIs(page, 'completed');
    expect((await phases(page)).every(([, status]) => status === 'done' || status === 'skipped')).toBe(true);
    await detail(page).getByText('3,003 files added').waitFor();
    await page.locator('.totals').getByText('3,003').waitFor();

    // Another branch.
    await branchField(page).click();
    await branchField(page).fill('rop');
    await page.getByRole('option', { name: /feature\/ropes.*never synced/ }).click();
    await bannerIs(page, 'none');
    await mainButton(page).click();
    await bannerIs(page, 'completed');
    await bannerSays(page, 'feature/ropes is synced');
    expect(new URL(page.url()).searchParams.get('branch')).toBe('feature/ropes');
  });

  test('reload in the middle: it goes on where it is', async () => {
    const { id, host } = await heldProject();
    const page = await on.page(`/projects/${id}`);
    await bannerIs(page, 'completed');
    await mainButton(page).click();
    await host.held();
    await bannerIs(page, 'running');
    // Where it stays.
    await expect.poll(async () => running(await phases(page))).toEqual([HELD]);
    const before = await phases(page);

    await page.reload();
    await bannerIs(page, 'running');
    await isLive(page);
    await expect.poll(() => phases(page)).toEqual(before);
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
    await expect.poll(async () => running(await phases(left))).toEqual([HELD]);
    await expect.poll(() => phases(right)).toEqual(await phases(left));

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
    await expect.poll(async () => (await phases(page)).map(([, status]) => status)).toContain('stopped');
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
    await page.locator('.ps-history-row').first().getByText(/^\d+ tries$/).waitFor();
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

  test.runIf(form === 'distributed with a gateway')('the gateway alone is killed: what was seen stays, and what was missed comes', async () => {
    const { id, host } = await heldProject();
    const page = await on.page(`/projects/${id}`);
    await bannerIs(page, 'completed');
    await mainButton(page).click();
    await host.held();
    await bannerIs(page, 'running');
    await isLive(page);
    await on.service.kill('SIGKILL', 'gateway');
    await page.locator('.ps-connection[data-connection="waiting"]').waitFor();
    await bannerIs(page, 'running');
    // It goes on, and ends, where nobody can see it.
    host.release();
    await expect.poll(async () => (await on.service.client.projects.sync.status(id)).sync?.status).toBe('completed');
    await on.service.run();
    await isLive(page);
    await bannerIs(page, 'completed');
  });
});
