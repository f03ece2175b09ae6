package webhook

// The second chance: what keeps a pod from being refused because the replica that was asked about it has died.
//
// An API server does not repeat a call that failed, but it goes on with the next entry. So the entry for pods that fails closed is split into
// three, in the order in which an API server comes to them (configurations by name, entries as they stand):
//
//	marked.mpod.kb.io         Fail     pods that come with the mark: nobody but somebody who wants to evade sends such
//	mpod.kb.io                Ignore   all pods; a pod that is admitted gets the mark
//	second-chance.mpod.kb.io  Fail     pods without the mark: those about which the call before has failed
//
// The last stands in a configuration of its own, so that whoever overwrites the caBundles of one of the two stops no pod. Every pod is
// either marked by the second entry or decided by one that fails closed, so nothing goes through undecided that would not without it.
//
// # The mark
//
// It is status.message, which the API server itself empties, with all of the status, before it stores a new pod. So nothing of it is left in
// the pod, and nobody copies it by accident. Every pod is marked, not only one that got a sidecar: what nothing selects would otherwise be
// asked about twice, be refused when the second call fails, and take two places in a WorkloadSpread.
//
// The mark comes from the path that is called and not from a flag, so that it does not matter in which order servers and configurations are
// exchanged: a server that does not know the path answers 404, and the second call decides.

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"

	admissionv1 "k8s.io/api/admission/v1"
	admissionregistrationv1 "k8s.io/api/admissionregistration/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	kjson "sigs.k8s.io/json"

	"github.com/kruise-admission/kruise-admission/decision"
)

const (
	// firstChancePath serves the rule of new pods, and marks those that it admits.
	firstChancePath = "/mutate-pod-first"
	// firstChanceTimeoutSeconds is the most that an API server waits for the first call. The second keeps the timeout of a single one, so
	// that nothing is cut short that would have been decided; a pod waits no longer than the sum.
	firstChanceTimeoutSeconds = 2

	// mark is what status.message says of a pod that is decided.
	mark = "decided by kruise-admission"

	// SecondChanceSuffix ends the name of the configuration with the second entry, and MarkedPrefix and SecondChancePrefix begin the names of the
	// entries beside the usual one.
	SecondChanceSuffix = "-second-chance"
	MarkedPrefix       = "marked."
	SecondChancePrefix = "second-chance."
)

var (
	isMarked = fmt.Sprintf(`has(object.status) && has(object.status.message) && object.status.message == %s`, strconv.Quote(mark))

	markedCondition   = admissionregistrationv1.MatchCondition{Name: "decided", Expression: isMarked}
	unmarkedCondition = admissionregistrationv1.MatchCondition{Name: "not-decided", Expression: "!(" + isMarked + ")"}
)

// WithoutSecondChance returns the match conditions without those of the second chance. marked says that the entry is only for pods that come
// with the mark, and second that it is only for those about which the first call has failed.
func WithoutSecondChance(conditions []admissionregistrationv1.MatchCondition) (others []admissionregistrationv1.MatchCondition, marked, second bool) {
	for _, condition := range conditions {
		switch condition {
		case markedCondition:
			marked = true
		case unmarkedCondition:
			second = true
		default:
			others = append(others, condition)
		}
	}
	return others, marked, second
}

// SecondChance splits the entry for new pods as it stands in the mutating configuration, and returns the configuration that holds the second one.
func SecondChance(mutating *admissionregistrationv1.MutatingWebhookConfiguration) (*admissionregistrationv1.MutatingWebhookConfiguration, error) {
	i := slices.IndexFunc(mutating.Webhooks, isPodEntry)
	if i < 0 {
		return nil, fmt.Errorf("mutatingwebhookconfiguration %q: there is no entry for new pods to give a second chance", mutating.Name)
	}
	first, marked, second := splitEntry(mutating.Webhooks[i])
	mutating.Webhooks = slices.Replace(mutating.Webhooks, i, i+1, marked, first)
	return &admissionregistrationv1.MutatingWebhookConfiguration{
		TypeMeta: mutating.TypeMeta,
		ObjectMeta: metav1.ObjectMeta{
			Name: mutating.Name + SecondChanceSuffix, Labels: mutating.Labels, Annotations: mutating.Annotations,
		},
		Webhooks: []admissionregistrationv1.MutatingWebhook{second},
	}, nil
}

func isPodEntry(entry admissionregistrationv1.MutatingWebhook) bool {
	return entry.ClientConfig.Service != nil && entry.ClientConfig.Service.Path != nil && *entry.ClientConfig.Service.Path == newPodsPath
}

func splitEntry(entry admissionregistrationv1.MutatingWebhook) (first, marked, second admissionregistrationv1.MutatingWebhook) {
	entry.DeepCopyInto(&first)
	entry.DeepCopyInto(&marked)
	entry.DeepCopyInto(&second)

	ignore, path, timeout := admissionregistrationv1.Ignore, firstChancePath, min(*entry.TimeoutSeconds, firstChanceTimeoutSeconds)
	first.FailurePolicy, first.ClientConfig.Service.Path, first.TimeoutSeconds = &ignore, &path, &timeout

	marked.Name = MarkedPrefix + entry.Name
	marked.MatchConditions = append(marked.MatchConditions, markedCondition)
	second.Name = SecondChancePrefix + entry.Name
	second.MatchConditions = append(second.MatchConditions, unmarkedCondition)
	return first, marked, second
}

// marking marks the pods that a rule admits.
type marking struct{ rule decision.Reviewer }

// Review implements decision.Reviewer.
func (m marking) Review(ctx context.Context, request *admissionv1.AdmissionRequest) (decision.Decision, error) {
	d, err := m.rule.Review(ctx, request)
	if err != nil || !d.Allowed || request.Operation != admissionv1.Create || len(request.Object.Raw) == 0 {
		return d, err
	}
	operation, needed, err := markOf(request.Object.Raw, d.Patch)
	if err != nil {
		return decision.Decision{}, decision.CannotTell("read the status of the pod: %w", err)
	}
	if needed {
		d.Patch = append(slices.Clip(d.Patch), operation)
	}
	return d, nil
}

// markOf makes the operation that marks a pod which patch has changed. needed is false for one that is marked.
func markOf(pod []byte, patch []decision.Operation) (operation decision.Operation, needed bool, err error) {
	var read struct {
		Status map[string]json.RawMessage `json:"status"`
	}
	if err := kjson.UnmarshalCaseSensitivePreserveInts(pod, &read); err != nil {
		return decision.Operation{}, false, err
	}
	text, err := json.Marshal(mark)
	if err != nil {
		return decision.Operation{}, false, err
	}
	// The patch of a subset of a WorkloadSpread may say anything, also that there is no status.
	replaced := slices.ContainsFunc(patch, func(o decision.Operation) bool { return o.Path == "/status" })
	switch {
	case read.Status == nil || replaced:
		whole, err := json.Marshal(map[string]json.RawMessage{"message": text})
		return decision.Add("/status", whole), true, err
	case string(read.Status["message"]) == string(text) && !slices.ContainsFunc(patch, func(o decision.Operation) bool { return o.Path == "/status/message" }):
		return decision.Operation{}, false, nil
	}
	return decision.Add("/status/message", text), true, nil
}
