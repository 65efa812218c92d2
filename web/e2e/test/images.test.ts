// Pictures for the README, made anew with PROJECT_SYNC_IMAGES=1: an overview with a sync that runs.
import { mkdir, rename } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { open, type Page, type Theme } from '../harness/browser.js';
import { bannerIs, isLive } from '../harness/parts.js';
import { manyFiles } from '../harness/repository.js';
import { stage } from '../harness/stage.js';

const on = stage();
const IMAGES = fileURLToPath(new URL('../../../docs/images/', import.meta.url));

test.runIf(process.env['PROJECT_SYNC_IMAGES'])('an overview with a sync that runs, in both themes', async () => {
  const repository = await on.repository();
  repository.commit('main', { message: 'Begin', files: manyFiles(12_000) });
  const host = await on.host(repository);
  const { id } = await on.service.client.projects.create({ name: 'harbour', source: { kind: 'git', url: host.url } });
  await on.service.sync(id, 'main');
  repository.commit('main', { message: 'Night lights', files: { 'docs/lights.md': '# Lights\n\nRed and green.\n', 'docs/mooring.md': '# Mooring\n\nThree ropes.\n', 'src/lights.ts': 'export {};\n', 'src/part-3/file-00003.ts': null } });
  await on.service.sync(id, 'main');
  repository.commit('main', { message: 'Everything anew', files: manyFiles(12_000, 'other') });

  const pages: [Theme, Page][] = [];
  for (const theme of ['light', 'dark'] as const) {
    const page = await open(on.browser, `${on.service.url}/projects/${id}`, { theme, width: 1120, height: 860, scale: 1.5 });
    await bannerIs(page, 'completed');
    await isLive(page);
    pages.push([theme, page]);
  }
  await on.service.client.projects.sync.start(id, { branch: 'main' });
  await mkdir(IMAGES, { recursive: true });
  await Promise.all(
    pages.map(async ([theme, page]) => {
      await page.waitForFunction(() => Number(document.querySelector('[role=progressbar]')?.getAttribute('aria-valuenow') ?? 0) >= 35);
      const path = `${IMAGES}dashboard-${theme}.png`;
      await page.screenshot({ path: `${path}.part`, type: 'png' });
      expect(await page.locator('.ps-banner').getAttribute('data-state')).toBe('running');
      await rename(`${path}.part`, path);
      await page.context().close();
    }),
  );
});
