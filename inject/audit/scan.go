package audit

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/kruise-admission/kruise-admission/api/apps/v1beta1"
	"github.com/kruise-admission/kruise-admission/inject"
)

// settling is how long after the creation of a SidecarSet a pod may still go without it: replicas learn of it by a watch.
const settling = 10 * time.Second

// Engine is what a scan asks; *inject.Engine satisfies it.
type Engine interface {
	Applied(ctx context.Context, namespace string, pod []byte) ([]inject.Applied, error)
	Ignored() ([]inject.Reason, error)
}

// View knows the SidecarSets; a cluster.View satisfies it.
type View interface {
	SidecarSet(name string) (set *v1beta1.SidecarSet, stored []byte, ok bool)
	SidecarSets() []*v1beta1.SidecarSet
}

// Options say how pods are judged.
type Options struct {
	// Engine and View are those of injection. Required.
	Engine Engine
	View   View
	// KeptOut says why no webhook entry sends pods with these labels in this namespace to the server; "" when one does or may. Nil: all are sent.
	KeptOut func(ctx context.Context, namespace string, podLabels map[string]string) (why string, err error)
	// Whole reads a pod with its spec, which is needed when pods keep containers that are called like a sidecar (inject.ClashKeep). ok is
	// false when it is gone. Nil: such pods count as all others.
	Whole func(ctx context.Context, namespace, name string) (pod []byte, ok bool, err error)
}

// Scan looks at pods one by one. It is for one goroutine.
type Scan struct {
	options Options
	// pods counts the pods to which each SidecarSet applies.
	pods    map[string]int
	clashes map[pair]*clash
}

// pair is two SidecarSets in the order of their names.
type pair struct{ first, second string }

// clash is the first pod in which two SidecarSets clash, and how many there are.
type clash struct {
	container, pod string
	pods           int
}

// NewScan begins a scan. It fails when a required option is missing.
func NewScan(options Options) (*Scan, error) {
	if options.Engine == nil || options.View == nil {
		return nil, errors.New("audit: Options.Engine and Options.View are required")
	}
	return &Scan{options: options, pods: map[string]int{}, clashes: map[pair]*clash{}}, nil
}

// podHead is what of a pod its findings name.
type podHead struct {
	Metadata struct {
		Name              string            `json:"name"`
		Namespace         string            `json:"namespace"`
		UID               types.UID         `json:"uid"`
		Labels            map[string]string `json:"labels"`
		CreationTimestamp metav1.Time       `json:"creationTimestamp"`
	} `json:"metadata"`
}

// Pod judges a pod, given as JSON; its metadata and status.phase suffice. It fails for what is no pod, and when it cannot tell.
func (s *Scan) Pod(ctx context.Context, pod []byte) ([]Finding, error) {
	var head podHead
	if err := json.Unmarshal(pod, &head); err != nil {
		return nil, fmt.Errorf("read a pod: %w", err)
	}
	namespace := head.Metadata.Namespace
	applied, err := s.options.Engine.Applied(ctx, namespace, pod)
	if err != nil {
		return nil, fmt.Errorf("pod %s/%s: %w", namespace, head.Metadata.Name, err)
	}
	var found []Finding
	for _, a := range applied {
		s.pods[a.SidecarSet]++
		kind, detail, err := s.judge(ctx, &head, a)
		if err != nil {
			return nil, fmt.Errorf("pod %s/%s: %w", namespace, head.Metadata.Name, err)
		}
		if kind == "" {
			continue
		}
		found = append(found, Finding{
			Kind: kind, SidecarSet: a.SidecarSet, Namespace: namespace, Pod: head.Metadata.Name, UID: head.Metadata.UID, Detail: detail,
		})
	}
	s.noteClashes(namespace+"/"+head.Metadata.Name, applied)
	return found, nil
}

// judge says what is wrong between a pod and a SidecarSet that applies to it; "" when nothing is.
func (s *Scan) judge(ctx context.Context, pod *podHead, a inject.Applied) (kind Kind, detail string, err error) {
	switch {
	case a.Refused != nil:
		return Refused, a.Refused.Error(), nil //nolint:nilerr // that a pod would be refused is a finding
	case len(a.Containers) == 0 || a.Current:
		return "", "", nil
	case a.Recorded:
		return Outdated, fmt.Sprintf("was injected with %s, a new pod gets %s", revisionName(a.RecordedRevision), revisionName(a.Revision)), nil
	}
	namespace, name := pod.Metadata.Namespace, pod.Metadata.Name
	if s.options.KeptOut != nil {
		why, err := s.options.KeptOut(ctx, namespace, pod.Metadata.Labels)
		if err != nil || why != "" {
			return KeptOut, why, err
		}
	}
	if s.options.Whole != nil {
		keeps, err := s.keepsAll(ctx, namespace, name, a.SidecarSet)
		if err != nil || keeps {
			return "", "", err
		}
	}
	lacks := "lacks " + strings.Join(a.Containers, ", ")
	set, _, ok := s.options.View.SidecarSet(a.SidecarSet)
	if ok && isOlder(pod.Metadata.CreationTimestamp, set.CreationTimestamp) {
		return Older, lacks + ": it is older than the SidecarSet, and only new pods are injected; replace the pod to have it", nil
	}
	return Missed, lacks + ": it was created while nobody injected it; replace the pod to have it", nil
}

// isOlder says whether a pod had no chance to be injected. Times that are not known, as in files, do not make it so.
func isOlder(pod, set metav1.Time) bool {
	return !pod.IsZero() && !set.IsZero() && pod.Before(&metav1.Time{Time: set.Add(settling)})
}

// keepsAll says whether the pod is gone, or has containers of its own in the place of all that the SidecarSet brings.
func (s *Scan) keepsAll(ctx context.Context, namespace, name, sidecarSet string) (bool, error) {
	whole, ok, err := s.options.Whole(ctx, namespace, name)
	if err != nil || !ok {
		return !ok, err
	}
	applied, err := s.options.Engine.Applied(ctx, namespace, whole)
	if err != nil {
		return false, err
	}
	for _, a := range applied {
		if a.SidecarSet == sidecarSet {
			return len(a.Own) == len(a.Containers), nil
		}
	}
	return true, nil // it has changed meanwhile, and the SidecarSet no longer applies
}

func revisionName(revision string) string {
	if revision == "" {
		return "an unrecorded revision"
	}
	return "revision " + revision
}

// noteClashes remembers which SidecarSets bring containers of the same name into a pod.
func (s *Scan) noteClashes(pod string, applied []inject.Applied) {
	if len(applied) < 2 {
		return
	}
	brings := map[string]string{} // container -> SidecarSet
	for _, a := range applied {
		for _, container := range a.Containers {
			other, taken := brings[container]
			if !taken {
				brings[container] = a.SidecarSet
				continue
			}
			key := pair{min(other, a.SidecarSet), max(other, a.SidecarSet)}
			known := s.clashes[key]
			if known == nil {
				known = &clash{container: container, pod: pod}
				s.clashes[key] = known
			}
			if known.container == container {
				known.pods++
			}
		}
	}
}
