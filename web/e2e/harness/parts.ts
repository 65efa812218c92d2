// The parts of the dashboard as people name them.
import type { Locator, Page } from './browser.js';

export const banner = (page: Page): Locator => page.locator('.ps-banner');
/** The banner's sentence on how it goes. */
export const detail = (page: Page): Locator => page.locator('.ps-banner-detail');
export const mainButton = (page: Page): Locator => page.locator('.ps-main');
export const branchField = (page: Page): Locator => page.getByRole('combobox', { name: 'Branch' });

/** Waits until the banner says so. */
export async function bannerIs(page: Page, state: string): Promise<void> {
  await page.locator(`.ps-banner[data-state="${state}"]`).waitFor();
}

/** Waits until the banner's heading says so. */
export async function bannerSays(page: Page, words: string): Promise<void> {
  await banner(page).getByRole('heading', { name: words, exact: true }).waitFor();
}

/** Waits until the banner has a live connection. */
export async function isLive(page: Page): Promise<void> {
  await page.locator('.ps-connection[data-connection="open"]').waitFor();
}

/** The phases and how each stands. */
export function phases(page: Page): Promise<[string, string][]> {
  return page
    .locator('.ps-phases li')
    .evaluateAll((all) =>
      all.map((phase): [string, string] => [
        phase.querySelector('.ps-phase-label')?.textContent ?? '',
        (phase as HTMLElement).dataset['status'] ?? '',
      ]),
    );
}
