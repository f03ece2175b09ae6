package main

// What there is to say about one pod: why each SidecarSet applies or not, and what comes of all of them.

import (
	"context"
	"encoding/json"
	"slices"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kruise-admission/kruise-admission/api/apps/v1beta1"
	"github.com/kruise-admission/kruise-admission/api/sidecarset"
	"github.com/kruise-admission/kruise-admission/cluster"
	"github.com/kruise-admission/kruise-admission/decision"
	"github.com/kruise-admission/kruise-admission/inject"
	"github.com/kruise-admission/kruise-admission/inject/podsteps"
)

// explanation is everything there is to say about one pod or pod template.
type explanation struct {
	Source string `json:"source,omitempty"`
	metav1.TypeMeta
	Namespace string `json:"namespace"`
	Name      string `json:"name"`
	// Webhooks are the entries of webhook configurations that lead to the injection of pods.
	Webhooks []webhookVerdict `json:"webhooks"`
	// Asked says whether one of them sends the pod to the server, or may.
	Asked       bool                `json:"asked"`
	SidecarSets []sidecarSetVerdict `json:"sidecarSets"`
	// Steps are the steps of pod admission that change the pod, beside the injection of sidecars.
	Steps []string `json:"steps,omitempty"`
	// Result is injected, changed (by other steps only), unchanged or refused: what the server does when it is asked.
	Result   string    `json:"result"`
	Message  string    `json:"message,omitempty"`
	Warnings []string  `json:"warnings,omitempty"`
	Adds     additions `json:"adds"`
}

// sidecarSetVerdict says what one SidecarSet means for the pod.
type sidecarSetVerdict struct {
	Name    string        `json:"name"`
	Applies bool          `json:"applies"`
	Clause  inject.Clause `json:"clause"`
	Detail  string        `json:"detail,omitempty"`
	// Recorded says that the pod carries the mark of an earlier injection.
	Recorded bool `json:"recorded"`
	// Adds is what this SidecarSet alone adds.
	Adds additions `json:"adds"`
}

// podMarks are the marks on a pod that say how it came about.
type podMarks struct {
	Metadata struct {
		Labels            map[string]string `json:"labels"`
		Annotations       map[string]string `json:"annotations"`
		CreationTimestamp metav1.Time       `json:"creationTimestamp"`
		OwnerReferences   []struct{}        `json:"ownerReferences"`
	} `json:"metadata"`
}

func (o *explainOptions) explain(ctx context.Context, engine *parts, entries []podWebhook, pod template) (*explanation, error) {
	view := engine.view
	request := o.podRequest(pod)
	e := &explanation{TypeMeta: pod.TypeMeta, Namespace: request.Namespace, Name: pod.Metadata.Name, SidecarSets: []sidecarSetVerdict{}}
	if pod.document != nil {
		e.Source = pod.source()
	}
	d, err := engine.rules.MutatePod.Review(ctx, request)
	if err != nil {
		return nil, err
	}
	if e.Message, e.Warnings = d.Message, d.Warnings; !d.Allowed {
		e.Result = refused
	} else if e.Adds, err = additionsOf(pod.raw, d.Patch); err != nil {
		return nil, err
	} else {
		e.Result, e.Steps = resultOf(d), podsteps.StepsTaken(d)
	}
	var marks podMarks
	if json.Unmarshal(pod.raw, &marks) != nil && e.Result == refused {
		e.Webhooks = []webhookVerdict{} // the API server would not get as far as its webhooks
		return e, nil
	}
	if e.Webhooks, err = sentBy(ctx, entries, view, request.Namespace, marks.Metadata.Labels, wholePod(pod.raw)); err != nil {
		return nil, err
	}
	e.Asked = slices.ContainsFunc(e.Webhooks, func(v webhookVerdict) bool { return v.Sends != "no" })
	reasons, err := engine.engine.Explain(ctx, request.Namespace, pod.raw)
	if err != nil && e.Result != refused { // a pod that cannot be read is refused for that
		return nil, err
	}
	for _, reason := range reasons {
		v, err := o.judge(ctx, view, reason, pod, &marks)
		if err != nil {
			return nil, err
		}
		e.SidecarSets = append(e.SidecarSets, v)
	}
	return e, nil
}

// wholePod is the pod with everything that a match condition may look at; nil when it cannot be read.
func wholePod(raw []byte) *corev1.Pod {
	pod := &corev1.Pod{}
	if json.Unmarshal(raw, pod) != nil {
		return nil
	}
	return pod
}

func resultOf(d decision.Decision) string {
	switch {
	case len(d.Patch) == 0:
		return "unchanged"
	case d.Audit[inject.AuditInjected] != "":
		return "injected"
	}
	return "changed"
}

// judge says more about one SidecarSet than the clause.
func (o *explainOptions) judge(ctx context.Context, view cluster.View, reason inject.Reason, pod template, marks *podMarks) (sidecarSetVerdict, error) {
	v := sidecarSetVerdict{Name: reason.SidecarSet, Applies: reason.Clause == inject.Matched, Clause: reason.Clause, Detail: reason.Detail}
	for name := range strings.SplitSeq(marks.Metadata.Annotations[sidecarset.InjectedListAnnotation], ",") {
		v.Recorded = v.Recorded || name == v.Name
	}
	set, _, ok := view.SidecarSet(v.Name)
	if !v.Applies || !ok {
		return v, nil
	}
	v.Detail = join(v.Detail, whyRevision(set, strings.HasPrefix(reason.Detail, "pinned"), len(marks.Metadata.OwnerReferences) == 0))
	if created := marks.Metadata.CreationTimestamp; !v.Recorded && !created.IsZero() && created.Before(&set.CreationTimestamp) {
		v.Detail = join(v.Detail, "it is younger than the pod, and only new pods are injected")
	}
	d, err := o.alone(ctx, view, v.Name, pod)
	if err != nil {
		return v, err
	}
	if !d.Allowed {
		v.Detail = join(v.Detail, "it cannot be injected: the pod is refused")
		return v, nil
	}
	v.Adds, err = additionsOf(pod.raw, d.Patch)
	return v, err
}

// whyRevision says why a pinned revision is taken or not; nothing when none is pinned.
func whyRevision(set *v1beta1.SidecarSet, pinned, ownerless bool) string {
	revision, update := set.Spec.InjectionStrategy.Revision, &set.Spec.UpdateStrategy
	switch {
	case revision == nil || revision.RevisionName == nil && revision.CustomVersion == nil:
		return ""
	case revision.Policy != v1beta1.PartialSidecarSetInjectRevisionPolicy:
		return "spec.injectionStrategy.revision pins it for every pod"
	case update.Paused:
		return "spec.injectionStrategy.revision pins it, and spec.updateStrategy.paused holds every pod back"
	}
	why := "the live one, because spec.updateStrategy (selector and partition) takes this pod into the update"
	if pinned {
		why = "because spec.updateStrategy (selector and partition) does not take this pod into the update"
	}
	if ownerless {
		why += "; other pods of the same workload may get the other one"
	}
	return why
}

func join(first, second string) string {
	if first == "" || second == "" {
		return first + second
	}
	return first + "; " + second
}

// alone asks what a SidecarSet would do if it were the only one.
func (o *explainOptions) alone(ctx context.Context, view cluster.View, name string, pod template) (decision.Decision, error) {
	clashes, err := o.clashes.policies()
	if err != nil {
		return decision.Decision{}, err
	}
	engine, err := inject.New(inject.Options{View: view, Clock: time.Now, Clashes: clashes})
	if err != nil {
		return decision.Decision{}, err
	}
	engine.Changed([]string{name})
	return engine.Review(ctx, o.podRequest(pod))
}
