import { expect, test } from 'vitest';
import { bannerIs } from '../harness/parts.js';
import { stage } from '../harness/stage.js';

const on = stage();

test('ten thousand files, entries and changes: only those are drawn that can be seen', async () => {
  const repository = await on.repository('archive');
  const sections = (file: number) => Array.from({ length: 999 }, (_, i) => `## Section ${file}-${i}\n\nText.\n`).join('\n');
  const files: Record<string, string> = {};
  for (let i = 0; i < 10; i += 1) files[`docs/part-${i}.md`] = `# Part ${i}\n\nText.\n\n${sections(i)}`;
  for (let i = 0; i < 9990; i += 1) files[`data/${String(i).padStart(5, '0')}.txt`] = `${i}\n`;
  repository.commit('main', { message: 'Begin', files });
  const id = await on.service.connect(repository.path, 'main');
  const page = await on.page(`/projects/${id}`);
  await bannerIs(page, 'completed');
  await page.locator('.totals').getByText('10,000').first().waitFor();

  await page.getByRole('link', { name: 'Memory' }).click();
  const status = page.getByText(/^(More than )?[\d,]+ entries$/);
  await status.waitFor();
  await page.getByRole('button', { name: 'Show more' }).click();
  await page.getByText('More than 600 entries').waitFor();
  await page.locator('.entry').first().waitFor();
  const toTheEnd = () => page.evaluate(() => window.scrollTo(0, document.documentElement.scrollHeight));
  await expect.poll(async () => (await toTheEnd(), status.textContent()), { timeout: 90_000 }).toBe('10,000 entries');
  expect(await page.locator('.entry').count()).toBeLessThan(100);
  const last = page.locator('.entry[aria-posinset="10000"]');
  // The last page may have come after it was scrolled to the end of the one before.
  await expect.poll(async () => (await toTheEnd(), last.isVisible())).toBe(true);
  // In the middle there is no gap: what the window shows is drawn.
  await page.evaluate(() => window.scrollTo(0, document.documentElement.scrollHeight / 2));
  await expect
    .poll(() => page.evaluate(() => document.elementFromPoint(innerWidth / 2, innerHeight / 2)?.closest('.entry') !== null))
    .toBe(true);

  await page.getByRole('link', { name: 'Files' }).click();
  const rows = page.getByRole('region', { name: 'Files' });
  await rows.getByRole('listitem').first().waitFor();
  await expect
    .poll(
      async () => {
        await rows.evaluate((element) => element.scrollTo(0, element.scrollHeight));
        return page.getByText(/^(More than )?[\d,]+ files$/).textContent();
      },
      { timeout: 90_000 },
    )
    .toBe('10,000 files');
  expect(await rows.getByRole('listitem').count()).toBeLessThan(100);

  await page.getByRole('link', { name: 'History' }).click();
  await page.getByRole('button', { name: 'Changes of #1' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.locator('.ps-diff li').first().waitFor();
  // The first page has 200, those that follow 500.
  for (let page = 1; page <= 20; page += 1) await dialog.getByRole('button', { name: 'Show more' }).click();
  await dialog.locator('[aria-setsize="10000"]').first().waitFor();
  expect(await dialog.locator('.ps-diff li').count()).toBeLessThan(120);
});
