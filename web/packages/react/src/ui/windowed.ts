import { useCallback, useLayoutEffect, useRef, useState, type RefObject } from 'react';

/** The rows of a long list that are to be drawn. */
export interface Windowed<E extends HTMLElement> {
  /** The element that scrolls. */
  scroller: RefObject<E | null>;
  /** The first row to draw, and the one after the last. */
  from: number;
  to: number;
  /** How high all rows are together, in pixels. */
  height: number;
  onScroll: () => void;
  /** Scrolls as little as it takes to see this row whole. */
  reveal: (row: number) => void;
}

/** Rows above and below the seen ones that are drawn too, so that a quick scroll shows no gap. */
const MARGIN_ROWS = 8;
/** The height that is assumed where nothing is measured. */
const USUAL_HEIGHT = 320;

/** Draws of `count` rows of one height only those that can be seen. */
export function useWindowed<E extends HTMLElement>(count: number, rowHeight: number): Windowed<E> {
  const scroller = useRef<E>(null);
  const [view, setView] = useState({ top: 0, height: USUAL_HEIGHT });
  const onScroll = useCallback(() => {
    const element = scroller.current;
    if (!element) return;
    const next = { top: element.scrollTop, height: element.clientHeight || USUAL_HEIGHT };
    setView((before) => (before.top === next.top && before.height === next.height ? before : next));
  }, []);
  useLayoutEffect(() => {
    onScroll();
    const element = scroller.current;
    if (!element || typeof ResizeObserver === 'undefined') return;
    const observer = new ResizeObserver(onScroll);
    observer.observe(element);
    return () => observer.disconnect();
  }, [onScroll, count]);
  const reveal = useCallback(
    (row: number) => {
      const element = scroller.current;
      if (!element) return;
      const [top, bottom] = [row * rowHeight, (row + 1) * rowHeight];
      const height = element.clientHeight || USUAL_HEIGHT;
      if (top < element.scrollTop) element.scrollTop = top;
      else if (bottom > element.scrollTop + height) element.scrollTop = bottom - height;
      onScroll();
    },
    [rowHeight, onScroll],
  );
  return {
    scroller,
    from: Math.max(0, Math.min(count, Math.floor(view.top / rowHeight) - MARGIN_ROWS)),
    to: Math.min(count, Math.ceil((view.top + view.height) / rowHeight) + MARGIN_ROWS),
    height: count * rowHeight,
    onScroll,
    reveal,
  };
}
