import { useCallback, useLayoutEffect, useRef, useState, type CSSProperties, type RefObject } from 'react';

/** The rows of a list that are to be drawn, where the list scrolls with what it stands in. */
export interface LongList<E extends HTMLElement> {
  list: RefObject<E | null>;
  /** The first row to draw, and the one after the last. */
  from: number;
  to: number;
  /** Whether not all rows are drawn: then they must all be of one height. */
  isLong: boolean;
  /** Takes the place of the rows that are not drawn. */
  style: CSSProperties | undefined;
}

/** As many rows are drawn whole: the browser searches in them, and they may be of different heights. */
const WHOLE = 200;
/** Rows above and below the seen ones that are drawn too. */
const MARGIN_ROWS = 10;

/**
 * Draws of a list of `count` rows only those that are near the window, if there are many. The rows are as high as the
 * first one that is drawn; `usualHeight`, in pixels, is assumed before.
 */
export function useLongList<E extends HTMLElement>(count: number, usualHeight: number): LongList<E> {
  const list = useRef<E>(null);
  const isLong = count > WHOLE;
  const [view, setView] = useState({ first: 0, last: WHOLE, height: usualHeight });
  const look = useCallback(() => {
    const element = list.current;
    if (!element) return;
    const height = element.firstElementChild?.getBoundingClientRect().height || usualHeight;
    const { top } = element.getBoundingClientRect();
    const first = Math.floor(-top / height) - MARGIN_ROWS;
    const last = Math.ceil((window.innerHeight - top) / height) + MARGIN_ROWS;
    setView((before) =>
      before.first === first && before.last === last && before.height === height ? before : { first, last, height },
    );
  }, [usualHeight]);
  useLayoutEffect(() => {
    if (!isLong) return;
    look();
    // Whatever scrolls, be it the page or something around the list.
    const options = { capture: true, passive: true };
    window.addEventListener('scroll', look, options);
    window.addEventListener('resize', look);
    return () => {
      window.removeEventListener('scroll', look, options);
      window.removeEventListener('resize', look);
    };
  }, [isLong, look, count]);
  if (!isLong) return { list, from: 0, to: count, isLong, style: undefined };
  // Never empty: the height is measured at a row.
  const from = Math.max(0, Math.min(count - 1, view.first));
  const to = Math.max(from + 1, Math.min(count, view.last));
  const style = { paddingBlockStart: from * view.height, paddingBlockEnd: (count - to) * view.height };
  return { list, from, to, isLong, style };
}
