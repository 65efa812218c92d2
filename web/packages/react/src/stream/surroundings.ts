/** What an event stream wants to know of the page it is on. */
export interface Surroundings {
  /** Whether somebody can see the page. */
  isVisible: () => boolean;
  /** Calls back when the page is shown or hidden, or the network came back. Returns how to stop that. */
  watch: (onChange: (what: 'visibility' | 'online') => void) => () => void;
}

/** The browser's; without a browser, a page that is always seen. */
export function browserSurroundings(): Surroundings {
  if (typeof document === 'undefined') return { isVisible: () => true, watch: () => () => {} };
  return {
    isVisible: () => document.visibilityState !== 'hidden',
    watch: (onChange) => {
      const visibility = () => onChange('visibility');
      const online = () => onChange('online');
      document.addEventListener('visibilitychange', visibility);
      window.addEventListener('online', online);
      return () => {
        document.removeEventListener('visibilitychange', visibility);
        window.removeEventListener('online', online);
      };
    },
  };
}
