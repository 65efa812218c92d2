import { useEffect } from 'react';

/** Names the page in the window's title. */
export function useTitle(...parts: (string | undefined)[]): void {
  const title = [...parts.filter(Boolean), 'Project Sync'].join(' · ');
  useEffect(() => {
    document.title = title;
  }, [title]);
}
