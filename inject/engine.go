package inject

import (
	"context"
	"errors"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	admissionv1 "k8s.io/api/admission/v1"

	"github.com/kruise-admission/kruise-admission/api/apps/v1beta1"
	"github.com/kruise-admission/kruise-admission/decision"
)

// Keys of the audit annotations of a review.
const (
	// AuditInjected lists the SidecarSets that apply to the pod, in their order, with the revision where one is pinned.
	AuditInjected = "sidecarsets"
	// AuditSkipped lists those that select the pod and yet do not apply, with the clause that decided.
	AuditSkipped = "sidecarsets-skipped"
	// AuditOthers lists those whose selector differs, or their number when there are more than a few: see others.go.
	AuditOthers = "sidecarsets-others"
)

// Options configure an Engine.
type Options struct {
	// View is the cluster. Required.
	View View
	// Clock tells the time that goes into the records of injected pods. Required.
	Clock func() time.Time
	// SortContainersByName sorts injected containers by name before they are placed (feature gate
	// EnableSortSidecarContainerByName). Default: the order of the SidecarSets, and in each the order of its spec. Injected init
	// containers are always sorted.
	SortContainersByName bool
	// Clashes say what happens when the pod has already what a SidecarSet brings.
	Clashes Clashes
	// ProbesMove says that the liveness probes of containers may move to SavedProbesAnnotation after injection (feature gate
	// EnhancedLivenessProbe): a sidecar whose probe is there is still the sidecar. Default: no.
	ProbesMove bool
	// Broken, if set, is told about each SidecarSet that is ignored because it cannot be compiled, such as one whose selector has
	// an unknown operator. It is called by Changed.
	Broken func(sidecarSet string, err error)
}

// Engine decides about pods. It implements decision.Reviewer for /mutate-pod. It is safe for concurrent use.
type Engine struct {
	options  Options
	changing sync.Mutex // one Changed at a time; requests do not take it
	snapshot atomic.Pointer[snapshot]
}

var _ decision.Reviewer = (*Engine)(nil)

// New makes an engine that knows no SidecarSet yet; see [Engine.Changed]. It fails when a required option is missing.
func New(options Options) (*Engine, error) {
	switch {
	case options.View == nil:
		return nil, errors.New("inject: Options.View is missing")
	case options.Clock == nil:
		return nil, errors.New("inject: Options.Clock is missing")
	}
	options.Clashes = options.Clashes.withDefaults()
	return &Engine{options: options}, nil
}

// Changed compiles the SidecarSets of these names again, which were created, updated or deleted, or whose revisions were. It
// fits OnChange of a cluster.Source. The first call must name all there are; until it has returned, reviews cannot tell.
func (e *Engine) Changed(sidecarSets []string) {
	e.changing.Lock()
	defer e.changing.Unlock()
	current := e.snapshot.Load()
	if current == nil {
		current = &snapshot{}
	}
	next := current.edit()
	for _, name := range sidecarSets {
		set, stored, ok := e.options.View.SidecarSet(name)
		if !ok {
			next.put(name, nil)
			continue
		}
		compiled := e.compile(set, stored)
		if compiled.broken != nil && e.options.Broken != nil {
			e.options.Broken(name, compiled.broken)
		}
		next.put(name, compiled)
	}
	e.snapshot.Store(next.snapshot())
}

// compile compiles a SidecarSet. One that makes the compiler panic is broken like any other: the process would die of it, and so would every
// replica, again and again.
func (e *Engine) compile(set *v1beta1.SidecarSet, stored []byte) (compiled *rule) {
	defer func() {
		if recover() != nil { // what it says may repeat the object, which may hold secrets
			compiled = &rule{name: set.Name, broken: errors.New("internal error: it cannot be compiled; please report it")}
		}
	}()
	return compileRule(e.options.View, set, stored)
}

// current gives the snapshot, or an error while there is none: "nothing known yet" must not look like "nothing matches".
func (e *Engine) current() (*snapshot, error) {
	if current := e.snapshot.Load(); current != nil {
		return current, nil
	}
	unable := decision.CannotTell("the SidecarSets are not read yet")
	unable.RetryAfter = lookupRetry
	return nil, unable
}

// Review implements decision.Reviewer.
//
// Only the creation of a pod is ever changed. Everything else that a webhook configuration may send here is allowed before anything
// is read: refusing an eviction, a binding or a deletion, as OpenKruise does, would stop the cluster (spec/inject.md 1.3, 1.4).
func (e *Engine) Review(ctx context.Context, request *admissionv1.AdmissionRequest) (decision.Decision, error) {
	if !Creates(request) {
		return decision.Allow(), nil
	}
	pod, err := ReadPod(request.Object.Raw, request.Namespace)
	if err != nil {
		return Settle(decision.Decision{}, err)
	}
	return Settle(e.Inject(ctx, pod))
}

// Creates says whether a request creates a pod.
func Creates(request *admissionv1.AdmissionRequest) bool {
	return request.Operation == admissionv1.Create && request.SubResource == "" && request.Resource.Resource == "pods"
}

// Settle turns the error of a step that says no into its decision, and passes all others on.
func Settle(d decision.Decision, err error) (decision.Decision, error) {
	if err == nil {
		return d, nil
	}
	if refused, ok := errors.AsType[*Refusal](err); ok {
		return refused.Decision, nil
	}
	return d, err
}

// Inject is [Engine.Review] for who has read the pod already. Its refusals are errors; see [Settle].
func (e *Engine) Inject(ctx context.Context, pod Pod) (decision.Decision, error) {
	result := decision.Allow()
	current, err := e.current()
	if err != nil {
		return result, err
	}
	in, after, err := e.decide(ctx, current, pod.read)
	if err != nil {
		var refused *Refusal
		if errors.As(err, &refused) && in != nil {
			in.annotate(&refused.Decision)
			return result, refused
		}
		return result, err
	}
	if in == nil {
		if current.alone != "" && !pod.read.finished {
			result.Annotate(AuditOthers, current.alone)
		}
		return result, nil
	}
	if after != nil {
		result.Patch = after.patch()
		result.Annotate(AuditInjected, in.audit())
	}
	result.Warnings = in.told.Warnings
	in.annotate(&result)
	return result, nil
}

// annotate says why SidecarSets do not apply.
func (in *injection) annotate(result *decision.Decision) {
	if others := in.others(); others != "" {
		result.Annotate(AuditOthers, others)
	}
	if len(in.skipped) > 0 {
		lines := make([]string, len(in.skipped))
		for i, reason := range in.skipped {
			lines[i] = reason.String()
		}
		result.Annotate(AuditSkipped, strings.Join(lines, "; "))
	}
}

// decide gives the pod after injection: no injection when the pod has finished or no SidecarSet selects it, and nothing decided when none
// applies.
func (e *Engine) decide(ctx context.Context, current *snapshot, pod *pod) (*injection, *decided, error) {
	if pod.finished {
		return nil, nil, nil
	}
	m := &matcher{view: e.options.View, pod: pod}
	matched, skipped, err := m.matching(ctx, current.candidates(pod))
	if err != nil || len(matched)+len(skipped) == 0 {
		return nil, nil, err
	}
	in := &injection{options: &e.options, snapshot: current, pod: pod, skipped: skipped}
	if len(matched) == 0 {
		return in, nil, nil
	}
	for _, r := range matched {
		chosen, err := r.choose(pod)
		if err != nil {
			return nil, nil, err
		}
		in.choices = append(in.choices, &choice{rule: r, content: chosen})
	}
	in.now = e.options.Clock()
	after, err := in.run()
	return in, after, err
}

// audit names the SidecarSets that applied, with the revision where one is pinned.
func (in *injection) audit() string {
	names := make([]string, len(in.choices))
	for i, c := range in.choices {
		names[i] = c.rule.name
		if c.content != c.rule.live {
			names[i] += " (pinned revision " + c.content.revision + ")"
		}
	}
	return strings.Join(names, ", ")
}
