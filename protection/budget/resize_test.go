package budget_test

import (
	"testing"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"

	"github.com/kruise-admission/kruise-admission/api/policy/v1beta1"
	"github.com/kruise-admission/kruise-admission/protection/budget"
)

// What is a resize and what an update (spec 2.5).
func TestOperationOfAnUpdate(t *testing.T) {
	requests := func(container int, amounts ...string) edit {
		return func(pod *corev1.Pod) { pod.Spec.Containers[container].Resources.Requests = list(amounts...) }
	}
	limits := func(container int, amounts ...string) edit {
		return func(pod *corev1.Pod) { pod.Spec.Containers[container].Resources.Limits = list(amounts...) }
	}
	policy := func(name corev1.ResourceName, restart corev1.ResourceResizeRestartPolicy) edit {
		return func(pod *corev1.Pod) {
			pod.Spec.Containers[0].ResizePolicy = []corev1.ContainerResizePolicy{{ResourceName: name, RestartPolicy: restart}}
		}
	}
	for _, test := range []struct {
		name     string
		old, new []edit
		want     v1beta1.PubOperation // empty: harmless
	}{
		{name: "the same amount in other words", new: []edit{requests(0, "cpu=1000m", "memory=1024Mi")}},
		{name: "cpu", new: []edit{requests(0, "cpu=2", "memory=1Gi")}, want: "RESIZE"},
		{name: "memory", new: []edit{requests(0, "cpu=1", "memory=2Gi")}, want: "RESIZE"},
		{name: "a limit is added", new: []edit{limits(0, "cpu=2")}, want: "RESIZE"},
		{name: "a request is taken away", new: []edit{requests(0, "cpu=1")}, want: "RESIZE"},
		{name: "cpu, and memory restarts", old: []edit{policy("memory", "RestartContainer")}, new: []edit{requests(0, "cpu=2", "memory=1Gi")}, want: "RESIZE"},
		{name: "cpu restarts", old: []edit{policy("cpu", "RestartContainer")}, new: []edit{requests(0, "cpu=2", "memory=1Gi")}, want: "UPDATE"},
		{name: "cpu does not restart", old: []edit{policy("cpu", "NotRequired")}, new: []edit{requests(0, "cpu=2", "memory=1Gi")}, want: "RESIZE"},
		{name: "an empty policy", old: []edit{policy("cpu", "")}, new: []edit{requests(0, "cpu=2", "memory=1Gi")}, want: "RESIZE"},
		{name: "the policy changes as well", new: []edit{policy("cpu", "NotRequired"), requests(0, "cpu=2", "memory=1Gi")}, want: "UPDATE"},
		{name: "another resource", new: []edit{requests(0, "cpu=1", "memory=1Gi", "ephemeral-storage=1Gi")}, want: "UPDATE"},
		{name: "the image as well", new: []edit{image("main:2"), requests(0, "cpu=2", "memory=1Gi")}, want: "UPDATE"},
		{name: "one container more", new: []edit{requests(0, "cpu=2", "memory=1Gi"), func(pod *corev1.Pod) {
			pod.Spec.Containers = append(pod.Spec.Containers, corev1.Container{Name: "more"})
		}}, want: "UPDATE"},
		{name: "claims of devices", new: []edit{func(pod *corev1.Pod) { pod.Spec.Containers[0].Resources.Claims = []corev1.ResourceClaim{{Name: "gpu"}} }}, want: "UPDATE"},
		{name: "called unavailable as well", new: []edit{labelled("unavailable-pod.kruise.io/x", ""), requests(0, "cpu=2", "memory=1Gi")}, want: "UPDATE"},
		{name: "a static pod", old: []edit{annotated("kubernetes.io/config.source", "file")}, new: []edit{requests(0, "cpu=2", "memory=1Gi")}, want: "UPDATE"},
		{name: "a pod of the API", old: []edit{annotated("kubernetes.io/config.source", "api")}, new: []edit{requests(0, "cpu=2", "memory=1Gi")}, want: "RESIZE"},
		{name: "a mirror pod", old: []edit{annotated("kubernetes.io/config.mirror", "x")}, new: []edit{requests(0, "cpu=2", "memory=1Gi")}, want: "UPDATE"},

		{name: "Burstable to Guaranteed", old: []edit{requests(1, "cpu=1", "memory=1Gi"), limits(1, "cpu=1", "memory=1Gi"), limits(0, "cpu=2", "memory=1Gi")},
			new: []edit{requests(0, "cpu=2", "memory=1Gi")}, want: "UPDATE"},
		{name: "Guaranteed by limits alone", old: []edit{requests(0), limits(0, "cpu=1", "memory=1Gi"), limits(1, "cpu=1", "memory=1Gi")},
			new: []edit{requests(0, "cpu=1", "memory=1Gi")}, want: "RESIZE"},
		{name: "BestEffort to Burstable", old: []edit{requests(0)}, new: []edit{requests(0, "cpu=1")}, want: "UPDATE"},
		{name: "BestEffort by zeros", old: []edit{requests(0)}, new: []edit{requests(0, "cpu=0")}, want: "RESIZE"},
		{name: "an init container counts for the class", old: []edit{requests(0, "cpu=1", "memory=1Gi"), limits(0, "cpu=1", "memory=1Gi"),
			limits(1, "cpu=1", "memory=1Gi"), func(pod *corev1.Pod) { pod.Spec.InitContainers = []corev1.Container{{Name: "init"}} }},
			new: []edit{requests(0, "cpu=500m", "memory=1Gi")}, want: "RESIZE"},
	} {
		t.Run(test.name, func(t *testing.T) {
			old := newPod(t, test.old...)
			pod := newPod(t, append(append([]edit(nil), test.old...), test.new...)...)
			c := &cluster{budget: newBudget(protecting(v1beta1.PubOperations()...))}
			verdict, err := reviewer(c, func(o *budget.Options) { o.ResizesApart = true }).Judge(t.Context(), updates(t, old, pod))
			if err != nil {
				t.Fatal(err)
			}
			if verdict.Operation != test.want {
				t.Errorf("got %q, want %q", verdict.Operation, test.want)
			}
		})
	}
}

// list makes amounts of texts such as "cpu=1".
func list(amounts ...string) corev1.ResourceList {
	made := corev1.ResourceList{}
	for _, amount := range amounts {
		for i := range amount {
			if amount[i] == '=' {
				made[corev1.ResourceName(amount[:i])] = resource.MustParse(amount[i+1:])
			}
		}
	}
	return made
}
