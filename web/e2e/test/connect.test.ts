import { expect, test } from 'vitest';
import { takeShifts } from '../harness/browser.js';
import { bannerIs, bannerSays, branchField, mainButton } from '../harness/parts.js';
import { manyFiles } from '../harness/repository.js';
import { stage } from '../harness/stage.js';

const on = stage();

test('a path on the server’s machine, by keyboard alone', async () => {
  const repository = await on.repository('lighthouse');
  repository.commit('main', { message: 'Begin', files: manyFiles(20) });
  repository.commit('winter', { message: 'Winter', files: { 'a.txt': 'a' } }, 'main');
  const page = await on.page();
  await page.getByLabel('Repository').focus();
  await page.keyboard.type(repository.path);
  await page.keyboard.press('Enter');
  await page.getByRole('heading', { name: 'lighthouse' }).waitFor();
  await bannerIs(page, 'completed');

  await branchField(page).focus();
  await page.keyboard.press('ArrowDown');
  await page.getByRole('option', { name: /main/ }).waitFor();
  await page.keyboard.type('win');
  await page.getByRole('option', { name: /winter/ }).waitFor();
  await page.keyboard.press('Enter');
  await bannerIs(page, 'none');
  await page.keyboard.press('Tab');
  expect(await mainButton(page).evaluate((button) => button === document.activeElement)).toBe(true);
  await page.keyboard.press('Enter');
  await bannerIs(page, 'completed');
  await page.keyboard.press('Tab');
  await page.keyboard.press('Enter');
  expect(await page.evaluate(() => document.activeElement?.getAttribute('role'))).toBe('menuitem');
  await page.keyboard.press('Escape');
  expect(await page.getByRole('menu').count()).toBe(0);
});

test('a branch among thousands', async () => {
  const repository = await on.repository('harbours');
  repository.commit('main', { message: 'Begin', files: manyFiles(20) });
  repository.branches(Array.from({ length: 5000 }, (_, i) => `topic/${String(i).padStart(4, '0')}`));
  const id = await on.service.connect(repository.path, 'main');
  const page = await on.page(`/projects/${id}`);
  await bannerIs(page, 'completed');
  await branchField(page).click();
  await page.getByText('The first 500 of 5,001').waitFor();
  // Only what can be seen is drawn.
  expect(await page.locator('.ps-picker-list [role=option]').count()).toBeLessThan(40);
  await branchField(page).fill('4711');
  await page.getByRole('option', { name: /topic\/4711/ }).click();
  await bannerIs(page, 'none');
  await takeShifts(page);
  await mainButton(page).click();
  await bannerSays(page, 'topic/4711 is synced');
  expect(await takeShifts(page)).toEqual([]);
});
