package audit

import (
	"cmp"
	"strings"

	"k8s.io/apimachinery/pkg/types"
)

// Kind says what was found.
type Kind string

// What is found about pods.
const (
	// Missed: the pod should have the sidecars and does not.
	Missed Kind = "missed"
	// Older: the pod has no sidecars because it was there before the SidecarSet.
	Older Kind = "older"
	// Outdated: the pod has the sidecars of another revision than a new pod would get.
	Outdated Kind = "outdated"
	// Refused: a new pod like it would be refused because of the SidecarSet.
	Refused Kind = "refused"
	// KeptOut: the pod has no sidecars because no webhook configuration sends pods like it. A note.
	KeptOut Kind = "kept-out"
)

// What is found about SidecarSets.
const (
	// Clash: two SidecarSets bring a container of the same name into the same pods, which are refused for it.
	Clash Kind = "clash"
	// Broken: the SidecarSet cannot be used, so it is ignored.
	Broken Kind = "broken"
	// Idle: the SidecarSet applies to no pod that was looked at.
	Idle Kind = "idle"
	// Paused: the SidecarSet is injected into no new pod, as its injectionStrategy says. A note.
	Paused Kind = "paused"
)

// IsNote says that nothing is wrong: somebody wants it so.
func (k Kind) IsNote() bool { return k == KeptOut || k == Paused }

// Finding is one thing that was found.
type Finding struct {
	// Kind is what was found.
	Kind Kind `json:"kind"`
	// SidecarSet is the name of the SidecarSet.
	SidecarSet string `json:"sidecarSet"`
	// Namespace, Pod and UID say which pod; empty when it is about the SidecarSet itself.
	Namespace string    `json:"namespace,omitempty"`
	Pod       string    `json:"pod,omitempty"`
	UID       types.UID `json:"uid,omitempty"`
	// Detail is for people: lower case, with what to do where that is not plain.
	Detail string `json:"detail"`
}

// Compare orders findings: SidecarSets first, then pods by namespace and name.
func Compare(a, b Finding) int {
	return cmp.Or(strings.Compare(a.Namespace, b.Namespace), strings.Compare(a.Pod, b.Pod),
		strings.Compare(a.SidecarSet, b.SidecarSet), strings.Compare(string(a.Kind), string(b.Kind)))
}
