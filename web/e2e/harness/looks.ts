// How a page looks at every width: accessible, and nothing wider than the window. Where PROJECT_SYNC_SHOTS names a folder,
// pictures are left there.
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'vitest';
import { overflow, violations, type Page } from './browser.js';

const SHOTS = process.env['PROJECT_SYNC_SHOTS'];
const SIZES = [
  [320, 700],
  [768, 900],
  [2560, 1440],
  [1280, 900],
] as const;

export async function shoot(page: Page, name: string): Promise<void> {
  if (!SHOTS) return;
  await mkdir(SHOTS, { recursive: true });
  await page.screenshot({ path: join(SHOTS, `${name}.png`), fullPage: true });
}

/** Looks at what the page shows now. */
export async function looksRight(page: Page, name: string): Promise<void> {
  for (const [width, height] of SIZES) {
    await page.setViewportSize({ width, height });
    expect(await overflow(page), `at ${width} px`).toEqual([]);
    await shoot(page, `${name}-${width}`);
    if (width === 320 || width === 1280) expect(await violations(page), `at ${width} px`).toEqual([]);
  }
}
