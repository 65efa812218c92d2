import { rename } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { bannerIs, bannerSays, branchField, mainButton } from '../harness/parts.js';
import { manyFiles } from '../harness/repository.js';
import { stage } from '../harness/stage.js';

const on = stage({ env: { PROJECT_SYNC__SYNC__ATTEMPTS: '1', PROJECT_SYNC__SYNC__RETRY_FIRST_DELAY_MS: '10' } });

test('a sync that failed says why, and what to do', async () => {
  const repository = await on.repository();
  repository.commit('main', { message: 'Begin', files: manyFiles(30) });
  const id = await on.service.connect(repository.path, 'main');
  const page = await on.page(`/projects/${id}`);
  await bannerIs(page, 'completed');

  await rename(repository.path, `${repository.path}.away`);
  await mainButton(page).click();
  await bannerIs(page, 'failed');
  await bannerSays(page, 'Sync of main failed');
  const error = page.locator('.ps-banner .ps-error');
  await error.getByText('There is no git repository').waitFor();
  await error.getByText('Check the address').waitFor();

  // The list of branches says so, too.
  await branchField(page).click();
  await page.locator('.ps-picker-note', { hasText: 'Try again' }).waitFor();
  await rename(`${repository.path}.away`, repository.path);
  await page.locator('.ps-picker-note').getByRole('button', { name: 'Try again' }).click();
  await page.getByRole('option', { name: /main/ }).waitFor();
  await page.keyboard.press('Escape');
  await mainButton(page).click();
  await bannerIs(page, 'completed');

  await page.getByRole('link', { name: 'History' }).click();
  await page.locator('.ps-history-row[data-status="failed"]').getByText('There is no git repository').waitFor();
});

test('what is no repository is told to be none, whether it is read or tried', async () => {
  const page = await on.page();
  await page.getByLabel('Repository').fill('git@host.example:a/b.git');
  await page.getByText('ssh is not read').waitFor();
  expect(await page.getByRole('button', { name: 'Connect and sync' }).isDisabled()).toBe(true);
  await page.getByLabel('Repository').fill('/nowhere/at/all');
  await page.getByRole('button', { name: 'Connect and sync' }).click();
  await page.getByRole('alert').getByText('it is neither a path that exists nor a URL').waitFor();
  // It is told of the field, and goes when something else is typed.
  expect(await page.getByLabel('Repository').getAttribute('aria-invalid')).toBe('true');
  await page.getByLabel('Repository').fill('/nowhere');
  await page.getByRole('alert').waitFor({ state: 'detached' });
});

test('restore: what it would change is shown, then it is so', async () => {
  const repository = await on.repository();
  repository.commit('main', { message: 'Begin', files: { ...manyFiles(10), 'notes.md': '# Notes\n\nOne.\n' } });
  const id = await on.service.connect(repository.path, 'main');
  repository.commit('main', { message: 'Two', files: { 'notes.md': '# Notes\n\nTwo.\n', 'new.txt': 'new' } });
  await on.service.sync(id, 'main');
  const page = await on.page(`/projects/${id}/history`);
  await page.getByRole('button', { name: 'Changes of #2' }).click();
  await page.getByRole('dialog').getByText('new.txt').waitFor();
  await page.keyboard.press('Escape');

  await page.getByRole('button', { name: 'Restore memory to #1' }).click();
  const dialog = page.getByRole('dialog', { name: 'Restore main to #1?' });
  await dialog.getByRole('list', { name: 'Memory that differs' }).getByText('Notes').waitFor();
  await dialog.getByRole('tab', { name: 'Files' }).click();
  const files = dialog.getByRole('list', { name: 'Files that differ' });
  await expect.poll(() => files.getByRole('listitem').allTextContents()).toEqual([
    expect.stringMatching(/deleted: new\.txt/),
    expect.stringMatching(/modified: notes\.md/),
  ]);
  await dialog.getByRole('button', { name: 'Restore to #1' }).click();
  await dialog.waitFor({ state: 'detached' });
  await page.locator('.ps-history-row[data-status="completed"]').first().getByText('Restored to #1').waitFor();
  const { items } = await on.service.client.projects.files(id, { branch: 'main' });
  expect(items.map(({ path }) => path)).not.toContain('new.txt');
  await page.getByRole('link', { name: 'Overview' }).click();
  await bannerSays(page, 'Restored main to #1');
});
