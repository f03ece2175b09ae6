package narrow

import (
	"math/rand/v2"
	"testing"

	"github.com/google/cel-go/cel"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/runtime"

	"github.com/kruise-admission/kruise-admission/api/apps/v1beta1"
	"github.com/kruise-admission/kruise-admission/cluster/narrow"
)

// sent evaluates the condition for the creation of a pod, as an API server does.
func sent(t *testing.T, expression, namespace string, pod *corev1.Pod) bool {
	t.Helper()
	environment, err := cel.NewEnv(cel.Variable("object", cel.DynType), cel.Variable("request", cel.DynType))
	if err != nil {
		t.Fatal(err)
	}
	tree, issues := environment.Compile(expression)
	if issues.Err() != nil {
		t.Fatalf("%s: %v", expression, issues.Err())
	}
	program, err := environment.Program(tree)
	if err != nil {
		t.Fatal(err)
	}
	object, err := runtime.DefaultUnstructuredConverter.ToUnstructured(pod)
	if err != nil {
		t.Fatal(err)
	}
	result, _, err := program.Eval(map[string]any{"object": object, "request": map[string]any{"namespace": namespace}})
	if err != nil {
		t.Fatalf("%s: %v\npod: %v", expression, err, object)
	}
	return result.Value().(bool)
}

// TestConditionMeansWhatSelectorsMean: for random SidecarSets and random pods of nobody's workload, a pod is sent exactly if the selector of a
// SidecarSet selects it.
func TestConditionMeansWhatSelectorsMean(t *testing.T) {
	random := rand.New(rand.NewPCG(7, 7))
	keys, values := []string{"app", "example.com/tier", "x_y"}, []string{"", "a", "b", "c-d"}
	pick := func(from []string) string { return from[random.IntN(len(from))] }
	operators := []metav1.LabelSelectorOperator{
		metav1.LabelSelectorOpIn, metav1.LabelSelectorOpNotIn, metav1.LabelSelectorOpExists, metav1.LabelSelectorOpDoesNotExist,
	}
	outcomes := map[bool]int{}
	for range 300 {
		var sets []*v1beta1.SidecarSet
		var selectors []labels.Selector
		for range 1 + random.IntN(3) {
			selector := &metav1.LabelSelector{}
			if random.IntN(2) == 0 {
				selector.MatchLabels = map[string]string{pick(keys): pick(values)}
			}
			for range random.IntN(3) {
				requirement := metav1.LabelSelectorRequirement{Key: pick(keys), Operator: operators[random.IntN(len(operators))]}
				if requirement.Operator == metav1.LabelSelectorOpIn || requirement.Operator == metav1.LabelSelectorOpNotIn {
					requirement.Values = []string{pick(values), pick(values)}
				}
				selector.MatchExpressions = append(selector.MatchExpressions, requirement)
			}
			compiled, err := metav1.LabelSelectorAsSelector(selector)
			if err != nil {
				t.Fatal(err)
			}
			set := &v1beta1.SidecarSet{}
			set.Spec.Selector = selector
			sets, selectors = append(sets, set), append(selectors, compiled)
		}
		expression, ok := narrow.Expression(sets, []string{"spread"})
		pod := &corev1.Pod{Spec: corev1.PodSpec{Containers: []corev1.Container{{Name: "app"}}}}
		if random.IntN(4) > 0 {
			pod.Labels = map[string]string{}
			for range random.IntN(4) {
				pod.Labels[pick(keys)] = pick(values)
			}
		}
		want := false
		for _, selector := range selectors {
			want = want || selector.Matches(labels.Set(pod.Labels))
		}
		if !ok {
			continue // all pods are sent
		}
		outcomes[want]++
		if got := sent(t, expression, "n", pod); got != want {
			t.Fatalf("labels %v: sent %t, want %t\n%s", pod.Labels, got, want, expression)
		}
		for namespace, want := range map[string]bool{"n": want, "spread": true} {
			if got, known := narrow.Sent(expression, sets, []string{"spread"}, namespace, pod); got != want || !known {
				t.Fatalf("labels %v: Sent says %t, known %t, want %t\n%s", pod.Labels, got, known, want, expression)
			}
		}
		if !sent(t, expression, "spread", pod) {
			t.Fatal("a pod of a namespace with objects of other steps is not sent")
		}
	}
	if outcomes[true] < 50 || outcomes[false] < 50 {
		t.Errorf("the random pods were one-sided: %v", outcomes)
	}
}

// TestPodsOfOtherStepsAreSent: without any SidecarSet.
func TestPodsOfOtherStepsAreSent(t *testing.T) {
	expression, ok := narrow.Expression(nil, nil)
	if !ok {
		t.Fatal("nothing is narrowed")
	}
	priority := []corev1.EnvVar{{Name: "A"}, {Name: "KRUISE_CONTAINER_PRIORITY", Value: "1"}}
	for name, test := range map[string]struct {
		pod  corev1.Pod
		want bool
	}{
		"a plain pod":                  {corev1.Pod{Spec: corev1.PodSpec{Containers: []corev1.Container{{Env: []corev1.EnvVar{{Name: "A"}}}}}}, false},
		"a pod without anything":       {corev1.Pod{}, false},
		"of a Deployment":              {corev1.Pod{ObjectMeta: metav1.ObjectMeta{OwnerReferences: []metav1.OwnerReference{{APIVersion: "apps/v1"}}}}, false},
		"of a CloneSet":                {corev1.Pod{ObjectMeta: metav1.ObjectMeta{OwnerReferences: []metav1.OwnerReference{{APIVersion: "apps.kruise.io/v1alpha1"}}}}, true},
		"with an annotation":           {corev1.Pod{ObjectMeta: metav1.ObjectMeta{Annotations: map[string]string{"apps.kruise.io/container-launch-priority": "Ordered"}}}, true},
		"with another":                 {corev1.Pod{ObjectMeta: metav1.ObjectMeta{Annotations: map[string]string{"example.com/a": ""}}}, false},
		"with a launch priority":       {corev1.Pod{Spec: corev1.PodSpec{Containers: []corev1.Container{{}, {Env: priority}}}}, true},
		"with one of a native sidecar": {corev1.Pod{Spec: corev1.PodSpec{InitContainers: []corev1.Container{{Env: priority}}}}, true},
	} {
		t.Run(name, func(t *testing.T) {
			if got := sent(t, expression, "n", &test.pod); got != test.want {
				t.Errorf("sent %t, want %t", got, test.want)
			}
			if got, known := narrow.Sent(expression, nil, nil, "n", &test.pod); got != test.want || !known {
				t.Errorf("Sent says %t, known %t, want %t", got, known, test.want)
			}
		})
	}
}

// TestSentInNamespaces compares Sent with the condition for SidecarSets of some namespaces, and knows nothing of conditions for others.
func TestSentInNamespaces(t *testing.T) {
	set := func(operator metav1.LabelSelectorOperator, values ...string) *v1beta1.SidecarSet {
		set := &v1beta1.SidecarSet{}
		set.Spec.Selector = &metav1.LabelSelector{MatchLabels: map[string]string{"app": "web"}}
		set.Spec.NamespaceSelector = &metav1.LabelSelector{MatchExpressions: []metav1.LabelSelectorRequirement{
			{Key: "kubernetes.io/metadata.name", Operator: operator, Values: values}, {Key: "team", Operator: metav1.LabelSelectorOpExists},
		}}
		return set
	}
	pod := &corev1.Pod{ObjectMeta: metav1.ObjectMeta{Labels: map[string]string{"app": "web"}}}
	for _, sets := range [][]*v1beta1.SidecarSet{
		{set(metav1.LabelSelectorOpIn, "a", "b")}, {set(metav1.LabelSelectorOpNotIn, "a")}, {set(metav1.LabelSelectorOpIn, "a"), set(metav1.LabelSelectorOpIn, "c")},
	} {
		expression, ok := narrow.Expression(sets, nil)
		if !ok {
			t.Fatal("nothing is narrowed")
		}
		for _, namespace := range []string{"a", "b", "c", "d"} {
			want := sent(t, expression, namespace, pod)
			if got, known := narrow.Sent(expression, sets, nil, namespace, pod); got != want || !known {
				t.Errorf("namespace %s: Sent says %t, known %t, want %t\n%s", namespace, got, known, want, expression)
			}
		}
		if _, known := narrow.Sent(expression+" || false", sets, nil, "a", pod); known {
			t.Error("the meaning of another expression is said to be known")
		}
	}
}
