package budget

import (
	"context"
	"fmt"
	"time"

	admissionv1 "k8s.io/api/admission/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/validation"

	"github.com/kruise-admission/kruise-admission/api/policy/v1beta1"
	"github.com/kruise-admission/kruise-admission/decision"
)

// AuditKey is the key of the audit annotation in which every verdict on a protected pod says its reason.
const AuditKey = "pod-unavailable-budget"

// Pods reads pods.
type Pods interface {
	// Pod returns the pod as the API server has it now, nil when there is none. An error means "cannot tell".
	Pod(ctx context.Context, namespace, name string) (*corev1.Pod, error)
}

// Ledger keeps the state of budgets where all replicas see it.
type Ledger interface {
	// Take reads the budget as it is now and calls decide with it; nil means that there is none. What decide returns is merged into the
	// status, under the condition that nobody has changed the budget since. Otherwise it starts again, until ctx ends. Nil changes nothing.
	// An error is made by [decision.CannotTell]; nothing is known to be written then.
	Take(ctx context.Context, namespace, name string, decide func(*v1beta1.PodUnavailableBudget) (status map[string]any, err error)) error
}

// Namespaces knows namespaces that are being deleted.
type Namespaces interface {
	// NamespaceTerminating says whether a namespace is being deleted; its name is valid. One that does not exist is not.
	NamespaceTerminating(ctx context.Context, namespace string) (bool, error)
}

// Options configure a [Reviewer].
type Options struct {
	// Ledger knows the budgets. Required.
	Ledger Ledger
	// Pods reads the pods that are to be evicted. Required.
	Pods Pods
	// Namespaces knows namespaces that are being deleted. Nil: none is known to be.
	Namespaces Namespaces
	// Now is the time that is written beside the name of a pod. Required.
	Now func() time.Time
	// Deletes is the gate PodUnavailableBudgetDeleteGate: deletes and evictions are judged.
	Deletes bool
	// Updates is the gate PodUnavailableBudgetUpdateGate: updates and resizes are judged.
	Updates bool
	// ResizesApart is the gate InPlacePodVerticalScaling: a budget that protects from UPDATE does not protect from RESIZE by that.
	ResizesApart bool
	// ResourcesInPlace is the gate InPlaceWorkloadVerticalScaling: a pod whose resources are being changed in place is not available.
	ResourcesInPlace bool
}

// Reviewer decides requests about pods; it allows whatever no budget is asked about. It is safe for concurrent use.
type Reviewer struct{ options Options }

var _ decision.Reviewer = (*Reviewer)(nil)

// New makes a Reviewer.
func New(options Options) *Reviewer { return &Reviewer{options: options} }

// Verdict is a decision and what it is about.
type Verdict struct {
	decision.Decision
	// Budget is the name of the budget that was asked; empty when none was.
	Budget string
	// Operation is what happens to the pod. Only with a Budget, like all below.
	Operation v1beta1.PubOperation
	// Pod is the pod; it must not be changed.
	Pod *corev1.Pod
	// Namespace is that of the request.
	Namespace string
	// DryRun says that nothing happens to the pod, so that nothing was written either.
	DryRun bool
	// Undecided is why the budget could not be asked, although the eviction is refused for now.
	Undecided error
}

// Review implements [decision.Reviewer].
func (r *Reviewer) Review(ctx context.Context, request *admissionv1.AdmissionRequest) (decision.Decision, error) {
	verdict, err := r.Judge(ctx, request)
	return verdict.Decision, err
}

// Judge decides like Review, and says more about it. With an error, everything but the decision means something.
func (r *Reviewer) Judge(ctx context.Context, request *admissionv1.AdmissionRequest) (Verdict, error) {
	about, answer, err := r.subjectOf(ctx, request)
	if about == nil {
		return Verdict{Decision: answer}, err
	}
	name := relatedBudget(about.pod)
	if name == "" {
		return Verdict{Decision: decision.Allow()}, nil
	}
	verdict := Verdict{
		Budget: name, Operation: about.operation, Pod: about.pod, Namespace: request.Namespace, DryRun: about.dryRun,
	}
	if why := r.unavailable(about.pod); why != "" {
		verdict.Decision = permit(name, why)
		return verdict, nil
	}
	err = r.options.Ledger.Take(ctx, request.Namespace, name, func(budget *v1beta1.PodUnavailableBudget) (map[string]any, error) {
		ruling := r.rule(budget, about)
		verdict.Decision = ruling.decision
		return ruling.status, nil
	})
	if err != nil && about.operation == v1beta1.PubEvictOperation {
		verdict.Undecided, verdict.Decision = err, askAgain(name, about)
		return verdict, nil
	}
	if err == nil && !verdict.Allowed && about.operation == v1beta1.PubDeleteOperation && r.inTerminatingNamespace(ctx, request.Namespace) {
		verdict.Decision = permit(name, "the namespace is being deleted")
	}
	return verdict, err
}

// inTerminatingNamespace says whether a namespace is surely being deleted: nothing in it can be made available again, and a refusal would
// only hold its deletion up.
func (r *Reviewer) inTerminatingNamespace(ctx context.Context, namespace string) bool {
	if r.options.Namespaces == nil || len(validation.IsDNS1123Label(namespace)) > 0 {
		return false
	}
	terminating, err := r.options.Namespaces.NamespaceTerminating(ctx, namespace)
	return err == nil && terminating
}

// relatedBudget is the name of the budget that protects a pod.
func relatedBudget(pod *corev1.Pod) string {
	if name := pod.Annotations[v1beta1.RelatedPubAnnotation]; name != "" {
		return name
	}
	return pod.Annotations[v1beta1.LegacyRelatedPubAnnotation]
}

// permit allows what happens to a pod that has a budget.
func permit(budget, why string) decision.Decision {
	d := decision.Allow()
	d.Annotate(AuditKey, fmt.Sprintf("allowed beside PodUnavailableBudget %q: %s", budget, why))
	return d
}
