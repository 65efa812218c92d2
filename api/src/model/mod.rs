//! What requests and answers look like. The comments become the descriptions of the OpenAPI document.

mod admin;
mod branch;
mod change;
mod file;
mod memory;
mod page;
mod progress;
mod project;
mod sync;
mod words;

pub use admin::{
    BulkDto, BulkRequest, CheckDto, CheckStatus, DeadBulkRequest, DeadFilterDto, DeadJobDto, DepthDto,
    DoctorDto, EventDto, JobDetailDto, JobDto, JobFilterDto, PauseDto, PauseRequest, QueueDto, ResumeRequest,
    ToggledDto, WorkerDto,
};
pub use branch::{BranchDto, BranchesDto, KnownBranchDto};
pub use change::{
    ChangeKindDto, DiffDto, DiffPart, FileChangeDto, MemoryChangeDto, MemoryChangeKindDto, SideDto,
};
pub use file::{FileDto, PathDto};
pub use memory::MemoryDto;
pub use page::{DeadJobPage, FilePage, JobPage, MemoryPage, Page, ProjectPage, SyncPage};
pub(crate) use progress::phases;
pub use progress::{ProgressDto, SyncStatusDto};
pub use project::{CountsDto, NewProject, ProjectDetailDto, ProjectDto, SourceDto};
pub use sync::{PhaseDto, RestoreRequest, StartRequest, StartedDto, SyncCountsDto, SyncDto, SyncErrorDto};
pub use words::{FileKind, MemoryKind, Priority, SyncKind, SyncStatus, SyncTrigger};
