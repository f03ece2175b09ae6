package webhook

// The second chance: what keeps a pod from being refused because the replica that was asked about it has died.
//
// An API server does not repeat a call that failed, but it goes on with the next entry. So the entry for pods that fails closed is split into
// four, in the order in which an API server comes to them (configurations by name, entries as they stand):
//
//	marked.mpod.kb.io         Fail     pods that come with the mark: only somebody who wants to evade sends such
//	mpod.kb.io                Ignore   all pods; what is admitted gets the mark
//	second-chance.mpod.kb.io  Ignore   pods without the mark, those about which the call before has failed; these get it as well
//	last-chance.mpod.kb.io    Fail     pods that are still without it
//
// The last two stand in a configuration of their own, so that whoever overwrites the caBundles of one of the two configurations stops no pod.
// Every pod is either marked or decided by an entry that fails closed, so nothing goes through undecided that would not without all this.
//
// # Three calls
//
// API servers use the same connections for entries that they call in the same way, by path, Service and caBundle. The second call goes by
// another path, so that it opens a connection: those of the first may be as dead as the one that has just failed, and not known to be. The
// Service may lead the new one to the dead replica, until its endpoint is taken out. The last goes over those of the first again. An API
// server has noticed by then which of them are closed, and the others lead to replicas that live.
//
// # The mark
//
// It is status.message, which the API server itself empties, with all of the status, before it stores a new pod. So nothing of it is left in
// the pod, and nobody copies it by accident. Every pod is marked, not only one that got a sidecar: what nothing selects would otherwise be
// asked about twice, be refused when the further calls fail, and take two places in a WorkloadSpread.
//
// The mark comes from the path that is called and not from a flag, so that replicas of this version give it whatever they have been told, and
// the configurations can be exchanged before the replicas are.

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
	// markingPath and otherMarkingPath serve the rule of new pods, and mark those that it admits.
	markingPath      = "/mutate-pod-mark"
	otherMarkingPath = "/mutate-pod-mark-again"
	// chanceTimeoutSeconds is the most that an API server waits for a call that is not the last. The last keeps the timeout of a single one, so
	// that nothing is cut short that would have been decided; a pod waits no longer than the sum.
	chanceTimeoutSeconds = 2

	// mark is what status.message says of a pod that is decided.
	mark = "decided by kruise-admission"

	// SecondChanceSuffix ends the name of the configuration that holds the further calls.
	SecondChanceSuffix = "-second-chance"
	// SecondChancePrefix begins the name of the entry that is called when the one of the rest of the name has failed.
	SecondChancePrefix = "second-chance."

	markedPrefix     = "marked."
	lastChancePrefix = "last-chance."
)

var (
	isMarked = fmt.Sprintf(`has(object.status) && has(object.status.message) && object.status.message == %s`, strconv.Quote(mark))

	markedCondition   = admissionregistrationv1.MatchCondition{Name: "decided", Expression: isMarked}
	unmarkedCondition = admissionregistrationv1.MatchCondition{Name: "not-decided", Expression: "!(" + isMarked + ")"}
)

// WithoutSecondChance returns the match conditions without those of the second chance. marked says that the entry is only for pods that come
// with the mark, and further that it is only for those about which the calls before have failed.
func WithoutSecondChance(conditions []admissionregistrationv1.MatchCondition) (others []admissionregistrationv1.MatchCondition, marked, further bool) {
	for _, condition := range conditions {
		switch condition {
		case markedCondition:
			marked = true
		case unmarkedCondition:
			further = true
		default:
			others = append(others, condition)
		}
	}
	return others, marked, further
}

// chance is how an entry for pods is changed to become one of those that it is split into.
type chance struct {
	// second says that the entry stands in the second configuration.
	second bool
	prefix string
	path   string
	// last says that the entry keeps the failure policy and the timeout; the others go on, sooner.
	last      bool
	condition *admissionregistrationv1.MatchCondition
}

// chances are in their order.
var chances = []chance{
	{prefix: markedPrefix, path: markingPath, last: true, condition: &markedCondition},
	{path: markingPath},
	{second: true, prefix: SecondChancePrefix, path: otherMarkingPath, condition: &unmarkedCondition},
	{second: true, prefix: lastChancePrefix, path: markingPath, last: true, condition: &unmarkedCondition},
}

func (c chance) of(usual *admissionregistrationv1.MutatingWebhook) admissionregistrationv1.MutatingWebhook {
	entry := *usual.DeepCopy()
	entry.Name, entry.ClientConfig.Service.Path = c.prefix+entry.Name, &c.path
	if !c.last {
		ignore, timeout := admissionregistrationv1.Ignore, min(*entry.TimeoutSeconds, chanceTimeoutSeconds)
		entry.FailurePolicy, entry.TimeoutSeconds = &ignore, &timeout
	}
	if c.condition != nil {
		entry.MatchConditions = append(entry.MatchConditions, *c.condition)
	}
	return entry
}

// SecondChance splits the entry for new pods of the mutating configuration, and returns the configuration that holds the further calls.
func SecondChance(mutating *admissionregistrationv1.MutatingWebhookConfiguration) (*admissionregistrationv1.MutatingWebhookConfiguration, error) {
	at := slices.IndexFunc(mutating.Webhooks, isPodEntry)
	if at < 0 {
		return nil, fmt.Errorf("mutatingwebhookconfiguration %q: there is no entry for new pods to give a second chance", mutating.Name)
	}
	var first, second []admissionregistrationv1.MutatingWebhook
	for _, chance := range chances {
		if entry := chance.of(&mutating.Webhooks[at]); chance.second {
			second = append(second, entry)
		} else {
			first = append(first, entry)
		}
	}
	mutating.Webhooks = slices.Replace(mutating.Webhooks, at, at+1, first...)
	return &admissionregistrationv1.MutatingWebhookConfiguration{
		TypeMeta: mutating.TypeMeta,
		ObjectMeta: metav1.ObjectMeta{
			Name: mutating.Name + SecondChanceSuffix, Labels: mutating.Labels, Annotations: mutating.Annotations,
		},
		Webhooks: second,
	}, nil
}

func isPodEntry(entry admissionregistrationv1.MutatingWebhook) bool {
	return entry.ClientConfig.Service != nil && entry.ClientConfig.Service.Path != nil && *entry.ClientConfig.Service.Path == newPodsPath
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
