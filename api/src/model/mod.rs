//! What requests and answers look like. The comments become the descriptions of the OpenAPI document.

mod audit;
mod branch;
mod change;
mod credential;
mod dead;
mod doctor;
mod file;
mod identity;
mod installed;
mod job;
mod memory;
mod page;
mod progress;
mod project;
mod queue;
mod settings;
mod sync;
mod trigger;
mod webhook;
mod words;

pub use audit::{ActorDto, AuditDto, AuditList, AuditTargetDto};
pub use branch::{BranchDto, BranchesDto, KnownBranchDto};
pub use change::{
    ChangeKindDto, DiffDto, DiffPart, FileChangeDto, MemoryChangeDto, MemoryChangeKindDto, SideDto,
};
pub use credential::{CredentialDto, CredentialRequest};
pub use dead::{DeadBulkRequest, DeadFilterDto, DeadJobDto};
pub use doctor::{CheckDto, CheckStatus, DoctorDto};
pub use file::{FileDto, PathDto};
pub use identity::{
    AccessDto, IssuedTokenDto, LoginRequest, MemberDto, MemberList, MemberRequest, OwnerRequest,
    PasswordRequest, RoleRequest, SessionDto, SessionTenantDto, SetUpRequest, SwitchRequest, TenantDto,
    TenantList, TenantRequest, TicketDto, TicketRequest, TokenDto, TokenList, TokenRequest,
};
pub use installed::{InstallationRequest, InstalledRepositoryDto};
pub use job::{BulkDto, BulkRequest, EventDto, JobDetailDto, JobDto, JobFilterDto};
pub use memory::MemoryDto;
pub use page::{
    DeadJobPage, DeliveryPage, FilePage, InstalledRepositoryPage, JobPage, MemoryPage, Page, ProjectPage,
    SyncPage, WebhookDeliveryPage, WebhookPage,
};
pub use progress::{ProgressDto, SyncStatusDto};
pub use project::{CountsDto, NewProject, ProjectDetailDto, ProjectDto, SourceDto};
pub use queue::{DepthDto, PauseDto, PauseRequest, QueueDto, ResumeRequest, ToggledDto, WorkerDto};
pub use settings::{SettingsDto, ShownSettings};
pub use sync::{PhaseDto, RestoreRequest, StartRequest, StartedDto, SyncCountsDto, SyncDto, SyncErrorDto};
pub use trigger::{
    DeliveryDto, HookDto, HookRequest, IssuedHookDto, PollingDto, PollingRequest, ReceivedDto, ScheduleDto,
    ScheduleList, ScheduleRequest,
};
pub use webhook::{IssuedWebhookDto, WebhookChangeRequest, WebhookDeliveryDto, WebhookDto, WebhookRequest};
pub use words::{FileKind, MemoryKind, Priority, SyncKind, SyncStatus, SyncTrigger};
