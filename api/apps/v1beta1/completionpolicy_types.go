package v1beta1

// CompletionPolicyType says when a job is over.
type CompletionPolicyType string

const (
	// Always ends the job when its work is done on all nodes, or when its deadline passes. The default.
	Always CompletionPolicyType = "Always"
	// Never keeps the job going: nodes that join the cluster later get their share, too.
	Never CompletionPolicyType = "Never"
)

// CompletionPolicy says when a BroadcastJob, ImagePullJob or ImageListPullJob is over, and how long it is kept afterwards.
type CompletionPolicy struct {
	// Type is Always (the default) or Never.
	// +optional
	Type CompletionPolicyType `json:"type,omitempty"`
	// ActiveDeadlineSeconds is how long, in seconds since its start, the job may run before it is stopped. For type Always only.
	// Default: no limit.
	// +optional
	ActiveDeadlineSeconds *int64 `json:"activeDeadlineSeconds,omitempty"`
	// TTLSecondsAfterFinished is how long, in seconds, a finished job is kept before it is deleted; 0 deletes it at once. For type
	// Always only. Default: it is kept.
	// +optional
	TTLSecondsAfterFinished *int32 `json:"ttlSecondsAfterFinished,omitempty"`
}
