package budget_test

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	admissionv1 "k8s.io/api/admission/v1"
	corev1 "k8s.io/api/core/v1"
	policyv1 "k8s.io/api/policy/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
	"k8s.io/utils/ptr"

	"github.com/kruise-admission/kruise-admission/api/policy/v1beta1"
	"github.com/kruise-admission/kruise-admission/decision"
	"github.com/kruise-admission/kruise-admission/protection/budget"
)

// TestReviewer has the cases V1 to V30 of spec/pod-other.md (i), apart from V26 to V29, which are about WorkloadSpreads, and those that the
// departures from OpenKruise need.
func TestReviewer(t *testing.T) {
	type options = func(*budget.Options)
	cpu := func(amount string) edit {
		return func(pod *corev1.Pod) {
			pod.Spec.Containers[0].Resources.Requests[corev1.ResourceCPU] = resource.MustParse(amount)
		}
	}
	restarts := func(pod *corev1.Pod) {
		pod.Spec.Containers[0].ResizePolicy = []corev1.ContainerResizePolicy{{ResourceName: corev1.ResourceCPU, RestartPolicy: corev1.RestartContainer}}
	}
	guaranteed := func(pod *corev1.Pod) {
		all := corev1.ResourceList{corev1.ResourceCPU: resource.MustParse("1"), corev1.ResourceMemory: resource.MustParse("1Gi")}
		for i := range pod.Spec.Containers {
			pod.Spec.Containers[i].Resources = corev1.ResourceRequirements{Requests: all, Limits: all}
		}
	}
	apart := func(o *budget.Options) { o.ResizesApart = true }
	tests := []struct {
		name string
		// old is the pod; new is what an update makes of it. Neither: evict, unless remove.
		remove, evict bool
		old, new      []edit
		budget        *v1beta1.PodUnavailableBudget
		gates         options
		change        func(*admissionv1.AdmissionRequest)
		refused       bool
		why           string   // in the audit annotation; none: no budget was asked
		disrupted     []string // in the status afterwards, which then allows none
		updated       []string
	}{
		{name: "V1", new: []edit{image("main:2")}, budget: newBudget(), why: "this is one of them", updated: []string{"web-1"}},
		{name: "V2", new: []edit{image("main:2")}, budget: newBudget(allowing(0)), refused: true, why: "7 must stay"},
		{name: "V3", new: []edit{annotated("a", "b"), labelled("c", "d")}, budget: newBudget(allowing(0))},
		{name: "V4", new: []edit{labelled("unavailable-pod.kruise.io/x", "")}, budget: newBudget(allowing(0)), refused: true, why: "refused"},
		{name: "V4 a second such label", old: []edit{labelled("unavailable-pod.kruise.io/x", "")},
			new: []edit{labelled("unavailable-pod.kruise.io/y", "")}, budget: newBudget(allowing(0))},
		{name: "V5 not ready", old: []edit{func(pod *corev1.Pod) { pod.Status.Conditions[0].Status = corev1.ConditionFalse }},
			new: []edit{image("main:2")}, budget: newBudget(allowing(0)), why: "not ready"},
		{name: "V5 no condition", old: []edit{func(pod *corev1.Pod) { pod.Status.Conditions = nil }}, remove: true, budget: newBudget(allowing(0)), why: "not ready"},
		{name: "V5 pending", old: []edit{func(pod *corev1.Pod) { pod.Status.Phase = corev1.PodPending }}, remove: true, budget: newBudget(allowing(0)), why: "not ready"},
		{name: "V5 terminating", old: []edit{func(pod *corev1.Pod) { pod.DeletionTimestamp = &metav1.Time{Time: now} }},
			new: []edit{image("main:2")}, budget: newBudget(allowing(0)), why: "already being deleted"},
		{name: "V5 called unavailable", old: []edit{labelled("unavailable-pod.kruise.io/x", "")}, remove: true, budget: newBudget(allowing(0)), why: "has a label"},
		// OpenKruise looks at the new pod for the annotation.
		{name: "V6", new: []edit{image("main:2"), withoutBudget}, budget: newBudget(allowing(0)), refused: true, why: "refused"},
		{name: "V6 the annotation alone", new: []edit{withoutBudget}, budget: newBudget(allowing(0))},
		{name: "the annotation and a new image at once", old: []edit{withoutBudget}, new: []edit{image("main:2"), annotated(v1beta1.RelatedPubAnnotation, "web")},
			budget: newBudget(allowing(0))},
		{name: "V7 DELETE", new: []edit{image("main:2")}, budget: newBudget(allowing(0), protectingText("DELETE")), why: "does not protect from UPDATE"},
		{name: "V7 UPDATE", new: []edit{image("main:2")}, budget: newBudget(allowing(0), protectingText("UPDATE")), refused: true, why: "refused"},
		{name: "V8", new: []edit{image("main:2")}, budget: newBudget(allowing(0), letGo(nil, []string{"web-1"})), why: "let go before", updated: []string{"web-1"}},
		{name: "V9", new: []edit{image("main:2")}, budget: newBudget(allowing(0)), gates: func(o *budget.Options) { o.Updates = false }},
		{name: "V10 off", new: []edit{cpu("2")}, budget: newBudget(allowing(0)), refused: true, why: "cannot be resized"},
		{name: "V10 on", new: []edit{cpu("2")}, budget: newBudget(allowing(0)), gates: apart, why: "does not protect from RESIZE"},
		{name: "V10 on and protected", new: []edit{cpu("2")}, budget: newBudget(allowing(0), protecting("RESIZE")), gates: apart, refused: true, why: "refused"},
		{name: "a resize is written as a disruption", new: []edit{cpu("2")}, budget: newBudget(), why: "one of them", disrupted: []string{"web-1"}},
		{name: "a resize through its subresource", new: []edit{cpu("2")}, budget: newBudget(allowing(0)), refused: true, why: "cannot be resized",
			change: func(r *admissionv1.AdmissionRequest) { r.SubResource = "resize" }},
		{name: "V11", old: []edit{restarts}, new: []edit{cpu("2")}, budget: newBudget(allowing(0)), gates: apart, refused: true, why: "cannot be updated"},
		{name: "V12", new: []edit{guaranteed}, budget: newBudget(allowing(0)), gates: apart, refused: true, why: "cannot be updated"},
		{name: "tolerations", new: []edit{func(pod *corev1.Pod) { pod.Spec.Tolerations = []corev1.Toleration{{Key: "a"}} }}, budget: newBudget(allowing(0))},
		{name: "a deadline", new: []edit{func(pod *corev1.Pod) { pod.Spec.ActiveDeadlineSeconds = ptr.To[int64](5) }}, budget: newBudget(allowing(0)), refused: true, why: "refused"},
		{name: "another subresource", new: []edit{image("main:2")}, budget: newBudget(allowing(0)), change: func(r *admissionv1.AdmissionRequest) { r.SubResource = "status" }},

		{name: "V13 none left", remove: true, budget: newBudget(allowing(0)), refused: true, why: "cannot be deleted now"},
		{name: "V13 one left", remove: true, budget: newBudget(), why: "one of them", disrupted: []string{"web-1"}},
		{name: "V14 one left", remove: true, budget: newBudget(), change: dry, why: "1 more pods may"},
		{name: "V14 by the options alone", remove: true, budget: newBudget(), why: "1 more pods may",
			change: func(r *admissionv1.AdmissionRequest) { r.Options.Raw = []byte(`{"dryRun":["All"]}`) }},
		{name: "V14 none left", remove: true, budget: newBudget(allowing(0)), change: dry, refused: true, why: "refused"},
		{name: "V15", remove: true, budget: newBudget(allowing(0)), change: func(r *admissionv1.AdmissionRequest) { r.SubResource = "status" }},
		{name: "V16", remove: true, budget: newBudget(allowing(0)), change: func(r *admissionv1.AdmissionRequest) { r.OldObject.Raw = nil }},
		{name: "V17 true", old: []edit{annotated(v1beta1.NoProtectAnnotation, "true")}, remove: true, budget: newBudget(allowing(0)), why: "no-protect"},
		{name: "V17 yes", old: []edit{annotated(v1beta1.NoProtectAnnotation, "yes")}, remove: true, budget: newBudget(allowing(0)), refused: true, why: "refused"},
		{name: "V17 false", old: []edit{annotated(v1beta1.NoProtectAnnotation, "false")}, remove: true, budget: newBudget(allowing(0)), refused: true, why: "refused"},
		{name: "V18", remove: true, budget: newBudget(allowing(0), ignoring(&metav1.LabelSelector{MatchLabels: map[string]string{"app": "web"}})), why: "ignoredPodSelector"},
		{name: "V18 another", remove: true, budget: newBudget(allowing(0), ignoring(&metav1.LabelSelector{MatchLabels: map[string]string{"app": "db"}})), refused: true, why: "refused"},
		{name: "V18 empty", remove: true, budget: newBudget(allowing(0), ignoring(&metav1.LabelSelector{})), refused: true, why: "refused"},
		{name: "V18 broken", remove: true, budget: newBudget(allowing(0), ignoring(&metav1.LabelSelector{MatchLabels: map[string]string{"app": "a b"}})), refused: true, why: "refused"},
		{name: "V19", remove: true, budget: newBudget(allowing(0), func(b *v1beta1.PodUnavailableBudget) { b.Status.DesiredAvailable = 0 }), why: "no pod need"},
		{name: "V20 none left", evict: true, budget: newBudget(allowing(0)), refused: true, why: "cannot be evicted now"},
		{name: "V20 one left", evict: true, budget: newBudget(), why: "one of them", disrupted: []string{"web-1"}},
		{name: "eviction as kubectl drain --dry-run=server sends it", evict: true, budget: newBudget(), why: "1 more pods may",
			change: func(r *admissionv1.AdmissionRequest) {
				r.Object.Raw = []byte(`{"apiVersion":"policy/v1","kind":"Eviction","metadata":{"name":"web-1"},"deleteOptions":{"dryRun":["All"]}}`)
			}},
		{name: "eviction with ?dryRun=All", evict: true, budget: newBudget(), change: dry, why: "1 more pods may"},
		// OpenKruise answers 400, and the API server 404.
		{name: "V21", evict: true, budget: newBudget(allowing(0)), change: func(r *admissionv1.AdmissionRequest) { r.Name = "web-9" }},
		{name: "V22", evict: true, budget: newBudget(allowing(0)), change: func(r *admissionv1.AdmissionRequest) { r.SubResource = "" }},
		{name: "V23", remove: true, why: "does not exist"},
		{name: "V24", old: []edit{annotated("apps.kruise.io/inplace-update-state", `{"nextContainerImages":{"main":"main:3"}}`)}, remove: true,
			budget: newBudget(allowing(0)), why: "updated in place"},
		{name: "V25 2001", remove: true, budget: newBudget(letGo(goneNames(1001), updatedNames(1000))), refused: true, why: "more than 2000 pods"},
		{name: "V30", remove: true, budget: newBudget(), why: "one of them", disrupted: []string{"web-1"}}, // no case here has options

		{name: "no annotation", old: []edit{withoutBudget}, remove: true, budget: newBudget(allowing(0))},
		{name: "the old annotation", old: []edit{withoutBudget, annotated(v1beta1.LegacyRelatedPubAnnotation, "web")}, remove: true,
			budget: newBudget(allowing(0)), refused: true, why: "refused"},
		{name: "gate of deletes off: delete", remove: true, budget: newBudget(allowing(0)), gates: func(o *budget.Options) { o.Deletes = false }},
		{name: "gate of deletes off: eviction", evict: true, budget: newBudget(allowing(0)), gates: func(o *budget.Options) { o.Deletes = false }},
		{name: "EVICT only", remove: true, budget: newBudget(allowing(0), protecting("EVICT")), why: "does not protect from DELETE"},
		{name: "an annotation with blanks", evict: true, budget: newBudget(allowing(0), protectingText("DELETE, EVICT")), refused: true, why: "refused"},
		{name: "an annotation of blanks", evict: true, budget: newBudget(allowing(0), protectingText(" ,")), refused: true, why: "refused"},
		{name: "an annotation of nothing that exists", evict: true, budget: newBudget(allowing(0), protectingText("NONE")), why: "does not protect"},
		{name: "the field wins over the annotation", evict: true, budget: newBudget(allowing(0), protectingText("EVICT"), protecting("DELETE")), why: "does not protect"},
		{name: "a pod that was disrupted before", evict: true, budget: newBudget(allowing(0), letGo([]string{"web-1"}, nil)), why: "let go before", disrupted: []string{"web-1"}},
		{name: "other resources", remove: true, budget: newBudget(allowing(0)), change: func(r *admissionv1.AdmissionRequest) { r.Resource.Resource = "nodes" }},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			old := newPod(t, test.old...)
			c := &cluster{budget: test.budget, pod: old}
			var r *admissionv1.AdmissionRequest
			switch {
			case test.evict:
				r = evicts(eviction)
			case test.remove:
				r = deletes(t, old)
			default:
				r = updates(t, old, newPod(t, append(slices.Clone(test.old), test.new...)...))
			}
			if test.change != nil {
				test.change(r)
			}
			gates := test.gates
			if gates == nil {
				gates = func(*budget.Options) {}
			}
			verdict, err := reviewer(c, gates).Judge(t.Context(), r)
			if err != nil {
				t.Fatal(err)
			}
			audit := verdict.Audit[budget.AuditKey]
			if verdict.Allowed == test.refused || !strings.Contains(audit, test.why) || (audit != "") != (test.why != "") {
				t.Errorf("allowed %t, audit %q", verdict.Allowed, audit)
			}
			if (verdict.Budget != "") != (test.why != "") {
				t.Errorf("the verdict names budget %q", verdict.Budget)
			}
			if test.refused {
				explains(t, verdict.Decision, test.evict)
			}
			if c.budget == nil {
				return
			}
			if c.writes == 0 {
				if test.budget != c.budget {
					t.Error("the budget was written")
				}
				return
			}
			if diff := cmp.Diff(test.disrupted, keys(c.budget.Status.DisruptedPods)); diff != "" {
				t.Errorf("disruptedPods (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(test.updated, keys(c.budget.Status.UnavailablePods)); diff != "" {
				t.Errorf("unavailablePods (-want +got):\n%s", diff)
			}
			if got := c.budget.Status.UnavailableAllowed; got != 0 {
				t.Errorf("unavailableAllowed is %d after it was 1", got)
			}
		})
	}
}

func TestTwoThousandPodsMayBeLetGo(t *testing.T) { // V25
	c := &cluster{budget: newBudget(letGo(goneNames(1000), updatedNames(1000)))}
	verdict, err := reviewer(c).Judge(t.Context(), deletes(t, newPod(t)))
	if err != nil || !verdict.Allowed || c.writes != 1 || len(c.budget.Status.DisruptedPods) != 1001 {
		t.Errorf("%+v, %v, %d writes", verdict.Decision, err, c.writes)
	}
}

// explains holds what every refusal has.
func explains(t *testing.T, d decision.Decision, evicted bool) {
	t.Helper()
	code, reason := int32(http.StatusForbidden), metav1.StatusReasonForbidden
	if evicted {
		code, reason = http.StatusTooManyRequests, metav1.StatusReasonTooManyRequests
	}
	if d.Code != code || d.Reason != reason {
		t.Errorf("code %d, reason %s; want %d, %s", d.Code, d.Reason, code, reason)
	}
	for _, word := range []string{`pod "web-1"`, `PodUnavailableBudget "web"`, "try again", v1beta1.NoProtectAnnotation} {
		if !strings.Contains(d.Message, word) {
			t.Errorf("no %s in %q", word, d.Message)
		}
	}
	if len(d.Causes) != 1 || d.Causes[0].Type != policyv1.DisruptionBudgetCause {
		t.Errorf("causes %v", d.Causes)
	}
}

func TestRefusalText(t *testing.T) {
	for _, test := range []struct {
		name   string
		budget *v1beta1.PodUnavailableBudget
		want   string
	}{
		{"nothing on its way", newBudget(allowing(0), maxUnavailable),
			`pod "web-1" cannot be deleted now: PodUnavailableBudget "web" lets no further pod become unavailable, 8 of 8 pods are available and 7 must stay so; ` +
				`try again when more pods are available, raise spec.maxUnavailable of the budget, or annotate the pod with pub.kruise.io/no-protect=true`},
		{"many on their way", newBudget(allowing(-1), letGo([]string{"e", "a", "b"}, []string{"c", "d", "a"})),
			`pod "web-1" cannot be deleted now: PodUnavailableBudget "web" lets no further pod become unavailable, 8 of 8 pods are available and 7 must stay so ` +
				`(let go and not back yet: a, b, c and 2 more); try again when more pods are available, lower spec.minAvailable of the budget, ` +
				`or annotate the pod with pub.kruise.io/no-protect=true`},
	} {
		verdict, err := reviewer(&cluster{budget: test.budget}).Judge(t.Context(), deletes(t, newPod(t)))
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(test.want, verdict.Message); diff != "" {
			t.Errorf("%s (-want +got):\n%s", test.name, diff)
		}
	}
}

// A race that is lost is decided again by the new state.
func TestLostRace(t *testing.T) {
	c := &cluster{budget: newBudget(allowing(2)), races: 1}
	verdict, err := reviewer(c).Judge(t.Context(), deletes(t, newPod(t)))
	if err != nil || !verdict.Allowed || c.budget.Status.UnavailableAllowed != 0 {
		t.Errorf("one of two left: %+v, %v, %d", verdict.Decision, err, c.budget.Status.UnavailableAllowed)
	}
	c = &cluster{budget: newBudget(), races: 1}
	verdict, err = reviewer(c).Judge(t.Context(), deletes(t, newPod(t)))
	if err != nil || verdict.Allowed || c.writes != 0 {
		t.Errorf("none of one left: %+v, %v, %d writes", verdict.Decision, err, c.writes)
	}
}

func TestManyAtOnceLetThroughWhatIsAllowed(t *testing.T) {
	const allowed, asked = 3, 50
	c := &cluster{budget: newBudget(allowing(allowed))}
	r := reviewer(c)
	var (
		group sync.WaitGroup
		mu    sync.Mutex
		let   int
	)
	for i := range asked {
		pod := newPod(t, func(pod *corev1.Pod) { pod.Name = fmt.Sprintf("web-%d", i) })
		group.Go(func() {
			d, err := r.Review(t.Context(), deletes(t, pod))
			if err != nil {
				t.Error(err)
			}
			mu.Lock()
			defer mu.Unlock()
			if d.Allowed {
				let++
			}
		})
	}
	group.Wait()
	if let != allowed || len(c.budget.Status.DisruptedPods) != allowed || c.budget.Status.UnavailableAllowed != 0 {
		t.Errorf("%d of %d let go, status %+v", let, allowed, c.budget.Status)
	}
}

func TestCannotTell(t *testing.T) {
	c := &cluster{broken: decision.CannotTell("no route"), pod: newPod(t)}
	for name, r := range map[string]*admissionv1.AdmissionRequest{
		"delete":                deletes(t, newPod(t)),
		"update":                updates(t, newPod(t), newPod(t, image("main:2"))),
		"eviction, pod unknown": evicts(eviction),
	} {
		d, err := reviewer(c).Review(t.Context(), r)
		var unable *decision.Unable
		if !errors.As(err, &unable) || !errors.Is(err, c.broken) {
			t.Errorf("%s: %+v, %v", name, d, err)
		}
	}
}

// The entry of evictions goes on without an answer, so there must be one for a pod that surely has a budget.
func TestEvictionWhoseBudgetCannotBeAsked(t *testing.T) {
	c := &cluster{pod: newPod(t)}
	r := reviewer(c, func(o *budget.Options) { o.Ledger = &cluster{broken: decision.CannotTell("no route")} })
	verdict, err := r.Judge(t.Context(), evicts(eviction))
	if err != nil || verdict.Allowed || verdict.Code != http.StatusTooManyRequests || verdict.Undecided == nil {
		t.Errorf("%+v, %v", verdict, err)
	}
	if strings.Contains(verdict.Message, "no route") {
		t.Errorf("what failed is not for the user: %s", verdict.Message)
	}
}

func TestTerminatingNamespaces(t *testing.T) {
	evicted := evicts(eviction)
	elsewhere := deletes(t, newPod(t))
	elsewhere.Namespace = "Shop"
	for _, test := range []struct {
		name       string
		namespaces budget.Namespaces
		request    *admissionv1.AdmissionRequest
		allowed    bool
	}{
		{"it is being deleted", terminating{answer: true}, deletes(t, newPod(t)), true},
		{"it is not", terminating{}, deletes(t, newPod(t)), false},
		{"nobody knows", nil, deletes(t, newPod(t)), false},
		{"it cannot be read", terminating{answer: true, err: errors.New("no route")}, deletes(t, newPod(t)), false},
		{"an eviction", terminating{answer: true}, evicted, false},
		{"no namespace has such a name", terminating{answer: true}, elsewhere, false},
	} {
		c := &cluster{budget: newBudget(allowing(0)), pod: newPod(t)}
		c.budget.Namespace = test.request.Namespace
		d, err := reviewer(c, func(o *budget.Options) { o.Namespaces = test.namespaces }).Review(t.Context(), test.request)
		if err != nil || d.Allowed != test.allowed || c.writes != 0 {
			t.Errorf("%s: %+v, %v, %d writes", test.name, d, err, c.writes)
		}
	}
}

func TestMalformed(t *testing.T) {
	good := raw(t, newPod(t))
	for name, change := range map[string]func(*admissionv1.AdmissionRequest){
		"delete: a list": func(r *admissionv1.AdmissionRequest) { r.Operation, r.OldObject.Raw = "DELETE", []byte(`[]`) },
		"delete: another kind": func(r *admissionv1.AdmissionRequest) {
			r.Operation, r.OldObject.Raw = "DELETE", []byte(`{"kind":"Node"}`)
		},
		"update: no object":      func(r *admissionv1.AdmissionRequest) { r.OldObject.Raw = good },
		"update: no old object":  func(r *admissionv1.AdmissionRequest) { r.Object.Raw = good },
		"eviction: a list":       func(r *admissionv1.AdmissionRequest) { *r = *evicts(`[]`) },
		"eviction: wrong dryRun": func(r *admissionv1.AdmissionRequest) { *r = *evicts(`{"deleteOptions":{"dryRun":"All"}}`) },
	} {
		r := request(admissionv1.Update, "")
		change(r)
		d, err := reviewer(&cluster{budget: newBudget(), pod: newPod(t)}).Review(t.Context(), r)
		if err != nil || d.Allowed || d.Code != http.StatusBadRequest {
			t.Errorf("%s: %+v, %v", name, d, err)
		}
	}
}

func dry(r *admissionv1.AdmissionRequest) { r.DryRun = ptr.To(true) }

func ignoring(selector *metav1.LabelSelector) func(*v1beta1.PodUnavailableBudget) {
	return func(b *v1beta1.PodUnavailableBudget) { b.Spec.IgnoredPodSelector = selector }
}

func maxUnavailable(b *v1beta1.PodUnavailableBudget) {
	b.Spec.MaxUnavailable = ptr.To(intstr.FromInt32(1))
}

func keys(times map[string]metav1.Time) (names []string) {
	for name := range times {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

func goneNames(count int) []string    { return numbered("gone", count) }
func updatedNames(count int) []string { return numbered("updated", count) }

func numbered(prefix string, count int) []string {
	list := make([]string, count)
	for i := range list {
		list[i] = fmt.Sprintf("%s-%d", prefix, i)
	}
	return list
}
