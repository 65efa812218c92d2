// Drawn on a grid of 16, in the colour of the text. They say nothing that is not also said in words.
import type { ReactNode } from 'react';

function Icon({ children, className = '' }: { children: ReactNode; className?: string }) {
  return (
    <svg
      className={`ps-icon ${className}`}
      viewBox="0 0 16 16"
      width="16"
      height="16"
      fill="none"
      stroke="currentColor"
      strokeWidth="1.5"
      strokeLinecap="round"
      strokeLinejoin="round"
      aria-hidden="true"
      focusable="false"
    >
      {children}
    </svg>
  );
}

export const CheckIcon = () => (
  <Icon>
    <path d="m3.5 8.5 3 3 6-7" />
  </Icon>
);
export const CrossIcon = () => (
  <Icon>
    <path d="m4.5 4.5 7 7m0-7-7 7" />
  </Icon>
);
export const DoneIcon = () => (
  <Icon>
    <circle cx="8" cy="8" r="6.25" />
    <path d="m5.5 8.25 1.75 1.75 3.25-3.75" />
  </Icon>
);
export const FailedIcon = () => (
  <Icon>
    <circle cx="8" cy="8" r="6.25" />
    <path d="m6 6 4 4m0-4-4 4" />
  </Icon>
);
export const StoppedIcon = () => (
  <Icon>
    <circle cx="8" cy="8" r="6.25" />
    <path d="M5.5 8h5" />
  </Icon>
);
export const WaitingIcon = () => (
  <Icon>
    <circle cx="8" cy="8" r="6.25" />
    <path d="M8 4.75V8l2 1.5" />
  </Icon>
);
export const RunningIcon = () => (
  <Icon className="ps-spin">
    <circle cx="8" cy="8" r="6.25" opacity=".25" />
    <path d="M14.25 8A6.25 6.25 0 0 0 8 1.75" />
  </Icon>
);
export const WarningIcon = () => (
  <Icon>
    <path d="M8 2.25 14.25 13H1.75zM8 6.5v3m0 1.75v.01" />
  </Icon>
);
export const BranchIcon = () => (
  <Icon>
    <circle cx="4.5" cy="3.5" r="1.75" />
    <circle cx="4.5" cy="12.5" r="1.75" />
    <circle cx="11.5" cy="5.5" r="1.75" />
    <path d="M4.5 5.25v5.5m7-3.5c0 2.5-3.5 2-7 3.5" />
  </Icon>
);
export const ChevronIcon = () => (
  <Icon>
    <path d="m4.5 6.5 3.5 3.5 3.5-3.5" />
  </Icon>
);
export const RestoreIcon = () => (
  <Icon>
    <path d="M2.5 8a5.5 5.5 0 1 0 1.75-4L2.5 5.5m0-3v3h3M8 5v3l2 1.25" />
  </Icon>
);
export const MoreIcon = () => (
  <Icon>
    <path d="M3.5 8h.01M8 8h.01M12.5 8h.01" strokeWidth="2.25" />
  </Icon>
);
