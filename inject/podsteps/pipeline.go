package podsteps

// The steps in their order.

import (
	"context"
	"errors"
	"strings"

	admissionv1 "k8s.io/api/admission/v1"

	"github.com/kruise-admission/kruise-admission/decision"
	"github.com/kruise-admission/kruise-admission/inject"
)

// AuditSteps is the key of the audit annotation that lists the steps which changed a pod, some with the name of the object that wanted it. The
// injection of sidecars is not among them: it has keys of its own.
const AuditSteps = "pod-steps"

// Options configure a Pipeline.
type Options struct {
	// Sidecars is the engine that injects them. Required.
	Sidecars *inject.Engine
	// View is the cluster. Required.
	View View
	// WorkloadSpreads chooses subsets of WorkloadSpreads. Nil: no step (gate WorkloadSpread).
	WorkloadSpreads WorkloadSpreads
	// Workloads finds the Deployments of pods, for PodUnavailableBudgets. Nil: pods of a Deployment are found by selectors only.
	Workloads Workloads
	// AlwaysReadinessGate gives every pod the readiness gate, and not only those of OpenKruise's workloads (gate KruisePodReadinessGate).
	AlwaysReadinessGate bool
	// PodUnavailableBudgets names budgets in pods (gates PodUnavailableBudgetDeleteGate and PodUnavailableBudgetUpdateGate: one suffices).
	PodUnavailableBudgets bool
	// EnhancedLiveness hands liveness probes over to OpenKruise's daemon where a pod wants it (gate EnhancedLivenessProbe).
	EnhancedLiveness bool
	// ProbeMarkers writes the probes of PodProbeMarkers into pods (gate EnablePodProbeMarkerOnServerless).
	ProbeMarkers bool
}

// Pipeline decides about pods. It implements decision.Reviewer for /mutate-pod, and is safe for concurrent use.
type Pipeline struct {
	options Options
	steps   []step
}

var _ decision.Reviewer = (*Pipeline)(nil)

// step changes a draft. Name is what the audit annotation calls it; the one of the sidecars has none.
type step struct {
	name string
	take func(context.Context, *draft) error
}

// New makes a pipeline. It fails when a required option is missing.
func New(options Options) (*Pipeline, error) {
	switch {
	case options.Sidecars == nil:
		return nil, errors.New("podsteps: Options.Sidecars is missing")
	case options.View == nil:
		return nil, errors.New("podsteps: Options.View is missing")
	}
	p := &Pipeline{options: options}
	p.steps = []step{
		{"readiness gate", p.readinessGate},
		{"WorkloadSpread", p.workloadSpread},
		{"", p.sidecars},
		{"launch priority", launchPriority},
		{"PodUnavailableBudget", p.podUnavailableBudget},
		{"PersistentPodState", p.persistentPodState},
		{"enhanced liveness", p.enhancedLiveness},
		{"PodProbeMarker", p.probeMarker},
	}
	return p, nil
}

// Review implements decision.Reviewer. Only the creation of a pod is ever changed.
func (p *Pipeline) Review(ctx context.Context, request *admissionv1.AdmissionRequest) (decision.Decision, error) {
	if !inject.Creates(request) {
		return decision.Allow(), nil
	}
	d, err := newDraft(request)
	if err != nil {
		return inject.Settle(decision.Decision{}, err)
	}
	return inject.Settle(p.take(ctx, d))
}

// take takes all steps.
func (p *Pipeline) take(ctx context.Context, d *draft) (decision.Decision, error) {
	var taken []string
	for _, step := range p.steps {
		before := len(d.decided.Patch)
		d.because = ""
		if err := step.take(ctx, d); err != nil {
			if d.spread != nil {
				// Should that fail, the controller finds out after a while that no pod came.
				_ = p.options.WorkloadSpreads.Release(ctx, d.request, d.spread)
			}
			return decision.Decision{}, err
		}
		if step.name != "" && len(d.decided.Patch) > before {
			taken = append(taken, strings.TrimSuffix(step.name+" "+d.because, " "))
		}
	}
	if len(taken) > 0 {
		d.decided.Annotate(AuditSteps, strings.Join(taken, ", "))
	}
	return d.decided, nil
}

// StepsTaken lists the steps that changed the pod of a decision, as AuditSteps does.
func StepsTaken(d decision.Decision) []string {
	if d.Audit[AuditSteps] == "" {
		return nil
	}
	return strings.Split(d.Audit[AuditSteps], ", ")
}

// sidecars is the step of package inject. The readiness gate, which may be pending, touches nothing that it looks at or changes.
func (p *Pipeline) sidecars(ctx context.Context, d *draft) error {
	injected, err := p.options.Sidecars.Inject(ctx, d.read)
	if err != nil {
		return err
	}
	d.add(injected.Patch)
	d.decided.Warnings, d.decided.Audit = injected.Warnings, injected.Audit
	return nil
}

// warn tells the user something about an object that concerns the pod.
func (d *draft) warn(kind, name, format string, args ...any) {
	d.decided.Warnf("%s %q: "+format, append([]any{kind, name}, args...)...)
}
