import { useId, useRef, useState } from 'react';

export interface CopyFieldProps {
  label: string;
  value: string;
  /** Whether it has the focus when it appears. */
  isFirst?: boolean;
}

/** Something to be kept elsewhere: a field to be read, and a button that copies it. */
export function CopyField({ label, value, isFirst = false }: CopyFieldProps) {
  const id = useId();
  const field = useRef<HTMLInputElement>(null);
  const [told, setTold] = useState('');
  const copy = async () => {
    field.current?.select();
    try {
      await navigator.clipboard.writeText(value);
      setTold('Copied.');
    } catch {
      // Only pages of https and of this machine may: the selection is there for the keyboard.
      setTold('It is selected: copy it with the keyboard.');
    }
  };
  return (
    <div className="field">
      <label htmlFor={id}>{label}</label>
      <div className="secret">
        <input
          id={id}
          ref={field}
          readOnly
          value={value}
          onFocus={(event) => event.target.select()}
          autoComplete="off"
          spellCheck={false}
          aria-describedby={`${id}-hint`}
          autoFocus={isFirst}
        />
        <button type="button" className="ps-button" onClick={() => void copy()}>
          Copy<span className="ps-hidden"> the {label}</span>
        </button>
      </div>
      <p id={`${id}-hint`} className="hint" role="status">
        {told}
      </p>
    </div>
  );
}
