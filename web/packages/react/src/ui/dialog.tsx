import { useEffect, useId, useRef, type ReactNode } from 'react';
import { CrossIcon } from './icons.js';

export interface DialogProps {
  title: string;
  onClose: () => void;
  children: ReactNode;
  footer?: ReactNode;
  /** Whether it cannot be closed now, because something is under way. */
  isBusy?: boolean;
  /** Whether only its buttons close it: it shows what is shown this once. */
  isKept?: boolean;
}

/** A modal dialog of the platform's own: it keeps the focus, closes with Escape, and gives the focus back. */
export function Dialog({ title, onClose, children, footer, isBusy = false, isKept = false }: DialogProps) {
  const element = useRef<HTMLDialogElement>(null);
  const titleId = useId();
  useEffect(() => {
    const dialog = element.current;
    if (!dialog || dialog.open) return;
    const before = document.activeElement;
    dialog.showModal();
    return () => {
      dialog.close();
      if (before instanceof HTMLElement) before.focus();
    };
  }, []);
  return (
    <dialog
      ref={element}
      className="ps ps-dialog"
      aria-labelledby={titleId}
      onCancel={(event) => {
        event.preventDefault();
        if (!isBusy && !isKept) onClose();
      }}
      onClick={(event) => {
        // Only a click on the backdrop has the dialog itself as its target.
        if (event.target === element.current && !isBusy && !isKept) onClose();
      }}
    >
      <div className="ps-dialog-body">
        <header className="ps-dialog-head">
          <h2 id={titleId}>{title}</h2>
          <button type="button" className="ps-button ps-quiet ps-square" onClick={onClose} disabled={isBusy}>
            <CrossIcon />
            <span className="ps-hidden">Close</span>
          </button>
        </header>
        {children}
        {footer && <footer className="ps-dialog-foot">{footer}</footer>}
      </div>
    </dialog>
  );
}
