import { useEffect, useRef, type ReactNode } from 'react';
import { useLocation } from 'wouter';

/** The links to the pages of something. Where not all of them fit, the current one is the one in sight. */
export function Subnav({ label, children }: { label: string; children: ReactNode }) {
  const nav = useRef<HTMLElement>(null);
  const [path] = useLocation();
  useEffect(() => {
    const current = nav.current?.querySelector('[aria-current]');
    if (!nav.current || !current) return;
    // Not scrollIntoView(), which may move the page as well.
    const [frame, link] = [nav.current.getBoundingClientRect(), current.getBoundingClientRect()];
    const over = Math.max(0, link.right - frame.right) - Math.max(0, frame.left - link.left);
    nav.current.scrollLeft += Math.trunc(over + Math.sign(over));
  }, [path]);
  return (
    <nav ref={nav} className="subnav" aria-label={label}>
      {children}
    </nav>
  );
}
