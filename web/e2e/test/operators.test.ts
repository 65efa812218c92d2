import { expect, test } from 'vitest';
import { bannerIs } from '../harness/parts.js';
import { manyFiles } from '../harness/repository.js';
import { stage } from '../harness/stage.js';

const on = stage();

test('the queue: paused with a reason, filtered, cancelled, tried again, removed', async () => {
  const repository = await on.repository('pier');
  repository.commit('main', { message: 'Begin', files: manyFiles(30) });
  const id = await on.service.connect(repository.path, 'main');
  const page = await on.page('/queue');
  await page.getByText('Nothing runs.').waitFor();

  await page.getByRole('button', { name: 'Pause…' }).click();
  await page.getByLabel('Why').fill('The disk is being changed');
  await page.getByRole('dialog').getByRole('button', { name: 'Pause' }).click();
  await page.getByText('Everything is paused').waitFor();
  await page.getByText('The disk is being changed').waitFor();

  await on.service.client.projects.sync.start(id, { branch: 'main' });
  const waiting = page.getByRole('list', { name: 'Pending syncs' });
  await waiting.getByText('pier').first().waitFor();
  await page.getByRole('searchbox', { name: 'Branch' }).fill('another');
  await page.getByText('Nothing waits.').waitFor();
  // The address has the filter: a reload keeps it.
  expect(new URL(page.url()).searchParams.get('branch')).toBe('another');
  await page.reload();
  expect(await page.getByRole('searchbox', { name: 'Branch' }).inputValue()).toBe('another');
  await page.getByRole('searchbox', { name: 'Branch' }).fill('');

  await waiting.getByRole('button', { name: 'Cancel' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Leave it' }).click();
  await waiting.getByRole('button', { name: 'Cancel' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Cancel' }).click();
  await page.getByText('Nothing waits.').waitFor();
  await page.getByRole('button', { name: 'Resume' }).click();
  await page.getByRole('button', { name: 'Pause…' }).waitFor();

  await page.getByLabel('Status').selectOption('Cancelled');
  const cancelled = page.getByRole('list', { name: 'Cancelled syncs' });
  await cancelled.getByRole('button', { name: 'Try again' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Try again' }).click();
  await page.getByRole('dialog').waitFor({ state: 'detached' });
  await cancelled.getByRole('button', { name: 'Remove' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Remove' }).click();
  await page.getByText('There is none.').waitFor();
  const { items } = await on.service.client.projects.sync.history(id);
  expect(items.map(({ status }) => status)).not.toContain('cancelled');
});

test('a project is removed only by typing its name', async () => {
  const repository = await on.repository('jetty');
  repository.commit('main', { message: 'Begin', files: manyFiles(5) });
  const id = await on.service.connect(repository.path, 'main');
  const { name } = await on.service.client.projects.get(id);
  const page = await on.page(`/projects/${id}`);
  await bannerIs(page, 'completed');
  await page.getByRole('button', { name: 'Remove…' }).click();
  const dialog = page.getByRole('dialog');
  const remove = dialog.getByRole('button', { name: 'Remove the project' });
  expect(await remove.isDisabled()).toBe(true);
  await dialog.getByRole('textbox').fill(name);
  await page.keyboard.press('Enter');
  await page.getByRole('heading', { name: 'Projects' }).waitFor();
  await expect.poll(() => page.getByText(name).count()).toBe(0);
  await expect(on.service.client.projects.get(id)).rejects.toMatchObject({ status: 404 });
});

test('files and memory as they were: search and state stand in the address', async () => {
  const repository = await on.repository('quay');
  repository.commit('main', { message: 'Begin', files: manyFiles(1200) });
  const id = await on.service.connect(repository.path, 'main');
  repository.commit('main', { message: 'Two', files: { 'docs/mooring.md': '# Mooring\n\nOnly one rope.\n', 'late.txt': 'late' } });
  await on.service.sync(id, 'main');
  const page = await on.page(`/projects/${id}/files`);
  await page.getByLabel('Search files by path').fill('late');
  await page.getByText('1 file', { exact: true }).waitFor();
  const listed = page.getByRole('region', { name: 'Files' }).getByRole('listitem');
  await expect.poll(() => listed.allTextContents()).toEqual([expect.stringContaining('late.txt')]);
  await page.getByRole('button', { name: /^State/ }).click();
  await page.getByRole('dialog').getByRole('button', { name: /#1 Begin/ }).click();
  await page.getByText('No path holds “late”').waitFor();
  const url = new URL(page.url());
  expect([url.searchParams.get('q'), url.searchParams.get('at')]).toEqual(['late', expect.any(String)]);
  await page.reload();
  await page.getByText('No path holds “late”').waitFor();
  await page.getByRole('button', { name: 'Back to the latest' }).click();
  await page.getByText('1 file', { exact: true }).waitFor();

  await page.getByRole('link', { name: 'Memory' }).click();
  await page.getByLabel('Superseded too').check();
  await page.getByText('superseded by #2').first().waitFor();
  await page.getByLabel('Superseded too').uncheck();
  await page.getByText('superseded by #2').first().waitFor({ state: 'detached' });
  await page.getByLabel('Search memory').fill('only rope');
  await page.getByText('1 entry', { exact: true }).waitFor();
  await page.getByRole('button', { name: /^Mooring/ }).first().click();
  await page.getByRole('dialog', { name: 'Mooring' }).getByText('Only one rope.').waitFor();
});
