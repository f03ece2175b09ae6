package defaults

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	admissionv1 "k8s.io/api/admission/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
	"k8s.io/utils/ptr"

	"github.com/kruise-admission/kruise-admission/decision"
)

// podsAndNodes answers with objects by name, in namespace shop.
type podsAndNodes struct {
	pods            map[string]*corev1.Pod
	nodes           map[string]*metav1.ObjectMeta
	podErr, nodeErr error
	podsRead        int
}

func (c *podsAndNodes) Pod(_ context.Context, namespace, name string) (*corev1.Pod, error) {
	c.podsRead++
	if namespace != "shop" {
		return nil, c.podErr
	}
	return c.pods[name], c.podErr
}

func (c *podsAndNodes) Node(_ context.Context, name string) (*metav1.ObjectMeta, error) {
	return c.nodes[name], c.nodeErr
}

// runningPod is a pod with containers app (exec hook), web (HTTP hook, ports), plain, quiet (without status), new (without id) and nap (a hook
// that sleeps), and an init container.
func runningPod(edits ...func(*corev1.Pod)) *corev1.Pod {
	hook := func(handler corev1.LifecycleHandler) *corev1.Lifecycle { return &corev1.Lifecycle{PreStop: &handler} }
	pod := &corev1.Pod{
		ObjectMeta: metav1.ObjectMeta{Namespace: "shop", Name: "web-1", UID: "u-1"},
		Spec: corev1.PodSpec{
			NodeName: "node-a", TerminationGracePeriodSeconds: ptr.To[int64](45),
			InitContainers: []corev1.Container{{Name: "init"}},
			Containers: []corev1.Container{
				{Name: "app", Lifecycle: hook(corev1.LifecycleHandler{Exec: &corev1.ExecAction{Command: []string{"stop"}}})},
				{Name: "web", Lifecycle: hook(corev1.LifecycleHandler{HTTPGet: &corev1.HTTPGetAction{Path: "/drain", Port: intstr.FromString("http")}}),
					Ports: []corev1.ContainerPort{{Name: "http", ContainerPort: 80, Protocol: "TCP"}}},
				{Name: "plain", Ports: []corev1.ContainerPort{{ContainerPort: 81}}}, {Name: "quiet"}, {Name: "new"},
				{Name: "nap", Lifecycle: hook(corev1.LifecycleHandler{Sleep: &corev1.SleepAction{Seconds: 3}})},
			},
		},
		Status: corev1.PodStatus{Phase: corev1.PodRunning, ContainerStatuses: []corev1.ContainerStatus{
			{Name: "app", ContainerID: "x://a", RestartCount: 2}, {Name: "web", ContainerID: "x://w"}, {Name: "plain", ContainerID: "x://p"}, {Name: "new"},
			{Name: "nap", ContainerID: "x://n"},
		}},
	}
	for _, edit := range edits {
		edit(pod)
	}
	return pod
}

func clusterWith(pods ...*corev1.Pod) *podsAndNodes {
	c := &podsAndNodes{pods: map[string]*corev1.Pod{}, nodes: map[string]*metav1.ObjectMeta{"node-a": {}, "virtual": {Labels: map[string]string{"type": "virtual-kubelet"}}}}
	for _, pod := range pods {
		c.pods[pod.Name] = pod
	}
	return c
}

func recreateJSON(metadata, spec string) string {
	return `{"metadata":{"name":"again","namespace":"shop"` + metadata + `},"spec":{` + spec + `}}`
}

const (
	recreateLabels     = `,"labels":{"crr.apps.kruise.io/active":"true","crr.apps.kruise.io/node-name":"node-a","crr.apps.kruise.io/pod-uid":"u-1"}`
	recreateStrategy45 = `"strategy":{"failurePolicy":"Fail","terminationGracePeriodSeconds":45}`
	plainContext       = `"statusContext":{"containerID":"x://p","restartCount":0}`
)

// The numbers in names are those of the specification's cases (i); cases of the other direction are in the next test.
func TestContainerRecreateRequestIsCompleted(t *testing.T) {
	for _, test := range []struct {
		name         string
		pod          *corev1.Pod
		metadata     string
		spec         string
		wantMetadata string
		want         string
		warns        string
	}{
		{name: "1 minimal", spec: `"podName":"web-1","containers":[{"name":"plain"}]`,
			wantMetadata: recreateLabels, want: `"podName":"web-1","containers":[{"name":"plain",` + plainContext + `}],` + recreateStrategy45},
		{name: "7 deadline 3", spec: `"podName":"web-1","activeDeadlineSeconds":3,"containers":[{"name":"plain"}]`,
			wantMetadata: recreateLabels, want: `"podName":"web-1","activeDeadlineSeconds":3,"containers":[{"name":"plain",` + plainContext + `}],` + recreateStrategy45},
		{name: "8 and 9 and 11: given values stay", spec: `"podName":"web-1","containers":[{"name":"plain"}],
			"strategy":{"failurePolicy":"Ignore","terminationGracePeriodSeconds":0,"unreadyGracePeriodSeconds":0,"new":1}`,
			wantMetadata: recreateLabels, want: `"podName":"web-1","containers":[{"name":"plain",` + plainContext + `}],
			"strategy":{"failurePolicy":"Ignore","terminationGracePeriodSeconds":0,"unreadyGracePeriodSeconds":0,"new":1}`},
		{name: "14 a finished pod whose sidecars were terminated",
			pod: runningPod(func(pod *corev1.Pod) {
				pod.Status.Phase, pod.DeletionTimestamp = corev1.PodSucceeded, &metav1.Time{}
				pod.Status.Conditions = []corev1.PodCondition{{Type: "Ready"}, {Type: "SidecarTerminated", Status: corev1.ConditionFalse}}
			}),
			spec: `"podName":"web-1","containers":[{"name":"plain"}]`, wantMetadata: recreateLabels,
			want: `"podName":"web-1","containers":[{"name":"plain",` + plainContext + `}],` + recreateStrategy45},
		{name: "25 an exec hook", spec: `"podName":"web-1","containers":[{"name":"app"}]`, wantMetadata: recreateLabels,
			want: `"podName":"web-1","containers":[{"name":"app","preStop":{"exec":{"command":["stop"]}},"statusContext":{"containerID":"x://a","restartCount":2}}],` + recreateStrategy45},
		{name: "26 an HTTP hook", spec: `"podName":"web-1","containers":[{"name":"web"},{"name":"plain"}]`, wantMetadata: recreateLabels,
			want: `"podName":"web-1","containers":[{"name":"web","preStop":{"httpGet":{"path":"/drain","port":"http"}},
			"ports":[{"name":"http","containerPort":80,"protocol":"TCP"}],"statusContext":{"containerID":"x://w","restartCount":0}},
			{"name":"plain",` + plainContext + `}],` + recreateStrategy45},
		{name: "a hook that sleeps", spec: `"podName":"web-1","containers":[{"name":"nap"}]`, wantMetadata: recreateLabels,
			want:  `"podName":"web-1","containers":[{"name":"nap","preStop":{},"statusContext":{"containerID":"x://n","restartCount":0}}],` + recreateStrategy45,
			warns: "preStop hook that sleeps"},
		{name: "27 a virtual node", pod: runningPod(func(pod *corev1.Pod) { pod.Spec.NodeName = "virtual" }), spec: `"podName":"web-1","containers":[{"name":"plain"}]`,
			wantMetadata: `,"labels":{"crr.apps.kruise.io/active":"true","crr.apps.kruise.io/node-name":"virtual","crr.apps.kruise.io/pod-uid":"u-1","type":"virtual-kubelet"}`,
			want:         `"podName":"web-1","containers":[{"name":"plain",` + plainContext + `}],` + recreateStrategy45},
		{name: "28 no grace period at all", pod: runningPod(func(pod *corev1.Pod) { pod.Spec.TerminationGracePeriodSeconds = nil }),
			spec: `"podName":"web-1","containers":[{"name":"plain"}]`, wantMetadata: recreateLabels,
			want: `"podName":"web-1","containers":[{"name":"plain",` + plainContext + `}],"strategy":{"failurePolicy":"Fail"}`},
		{name: "labels are overwritten, others and unknown members stay",
			metadata:     `,"labels":{"team":"x","crr.apps.kruise.io/active":"false","crr.apps.kruise.io/pod-uid":"fake"}`,
			spec:         `"podName":"web-1","new":{},"containers":[{"name":"plain","new":1,"preStop":null}]`,
			wantMetadata: `,"labels":{"team":"x","crr.apps.kruise.io/active":"true","crr.apps.kruise.io/node-name":"node-a","crr.apps.kruise.io/pod-uid":"u-1"}`,
			want:         `"podName":"web-1","new":{},"containers":[{"name":"plain","new":1,"preStop":null,` + plainContext + `}],` + recreateStrategy45},
	} {
		for _, version := range []string{"v1alpha1", "v1beta1"} {
			t.Run(test.name+" "+version, func(t *testing.T) {
				if test.pod == nil {
					test.pod = runningPod()
				}
				request := workloadRequest(version, recreateJSON(test.metadata, test.spec), "")
				reviewer := ContainerRecreateRequest{Pods: clusterWith(test.pod)}
				answer, err := reviewer.Review(t.Context(), request)
				if err != nil || !answer.Allowed {
					t.Fatalf("%+v, %v", answer, err)
				}
				compareJSON(t, recreateJSON(test.wantMetadata, test.want), defaulted(t, reviewer, request))
				if warnings := strings.Join(answer.Warnings, "\n"); !strings.Contains(warnings, test.warns) || (warnings != "") != (test.warns != "") {
					t.Errorf("warnings %q, want one with %q", answer.Warnings, test.warns)
				}
			})
		}
	}
}

func TestContainerRecreateRequestIsRefused(t *testing.T) {
	with := func(members string) string { return `"podName":"web-1","containers":[{"name":"plain"}],` + members }
	of := func(containers string) string { return `"podName":"web-1","containers":[` + containers + `]` }
	for _, test := range []struct {
		name string
		pod  *corev1.Pod
		spec string
		want []string
	}{
		{name: "3 no pod", spec: `"podName":"","containers":[{"name":"plain"}]`, want: []string{"spec.podName"}},
		{name: "4 no containers", spec: `"podName":"web-1","containers":[]`, want: []string{"spec.containers"}},
		{name: "5 neither", spec: `"new":1`, want: []string{"spec.containers", "spec.podName"}},
		{name: "6 deadline 2", spec: with(`"activeDeadlineSeconds":2`), want: []string{"spec.activeDeadlineSeconds"}},
		{name: "6 deadline -1", spec: with(`"activeDeadlineSeconds":-1`), want: []string{"spec.activeDeadlineSeconds"}},
		{name: "8 negative grace period", spec: with(`"strategy":{"terminationGracePeriodSeconds":-1}`), want: []string{"spec.strategy.terminationGracePeriodSeconds"}},
		{name: "9 negative unready period", spec: with(`"strategy":{"unreadyGracePeriodSeconds":-1}`), want: []string{"spec.strategy.unreadyGracePeriodSeconds"}},
		{name: "10 unknown failure policy", spec: with(`"strategy":{"failurePolicy":"Retry"}`), want: []string{"spec.strategy.failurePolicy"}},
		{name: "12 no such pod", spec: `"podName":"gone","containers":[{"name":"plain"}]`, want: []string{"spec.podName"}},
		{name: "13 a finished pod", pod: runningPod(func(pod *corev1.Pod) { pod.Status.Phase = corev1.PodSucceeded }), spec: of(`{"name":"plain"}`), want: []string{"spec.podName"}},
		{name: "13 a failed pod", pod: runningPod(func(pod *corev1.Pod) { pod.Status.Phase = corev1.PodFailed }), spec: of(`{"name":"plain"}`), want: []string{"spec.podName"}},
		{name: "15 a terminating pod", pod: runningPod(func(pod *corev1.Pod) { pod.DeletionTimestamp = &metav1.Time{} }), spec: of(`{"name":"plain"}`), want: []string{"spec.podName"}},
		{name: "16 a pod without node", pod: runningPod(func(pod *corev1.Pod) { pod.Spec.NodeName = "" }), spec: of(`{"name":"plain"}`), want: []string{"spec.podName"}},
		{name: "17 a node that does not exist", pod: runningPod(func(pod *corev1.Pod) { pod.Spec.NodeName = "ghost" }), spec: of(`{"name":"plain"}`), want: []string{"spec.podName"}},
		{name: "19 a container twice", spec: of(`{"name":"plain"},{"name":"plain"}`), want: []string{"spec.containers[1].name"}},
		{name: "20 no such container", spec: of(`{"name":"x"}`), want: []string{"spec.containers[0].name"}},
		{name: "21 an init container", spec: of(`{"name":"init"}`), want: []string{"spec.containers[0].name"}},
		{name: "a container without status", spec: of(`{"name":"quiet"}`), want: []string{"spec.containers[0].name"}},
		{name: "22 a container without id", spec: of(`{"name":"plain"},{"name":"new"}`), want: []string{"spec.containers[1].name"}},
		{name: "23 a context", spec: of(`{"name":"plain","statusContext":{}}`), want: []string{"spec.containers[0].statusContext"}},
		{name: "24 no ports, in words", spec: of(`{"name":"plain","ports":[]}`), want: []string{"spec.containers[0].ports"}},
		{name: "a hook", spec: of(`{"name":"plain","preStop":{}}`), want: []string{"spec.containers[0].preStop"}},
		{name: "several at once", spec: of(`{"name":"x","ports":[]}`) + `,"activeDeadlineSeconds":0`,
			want: []string{"spec.activeDeadlineSeconds", "spec.containers[0].name", "spec.containers[0].ports"}},
	} {
		for _, version := range []string{"v1alpha1", "v1beta1"} {
			t.Run(test.name+" "+version, func(t *testing.T) {
				if test.pod == nil {
					test.pod = runningPod()
				}
				answer, err := ContainerRecreateRequest{Pods: clusterWith(test.pod)}.Review(t.Context(), workloadRequest(version, recreateJSON("", test.spec), ""))
				if err != nil || answer.Allowed || answer.Code != 422 {
					t.Fatalf("%+v, %v; want 422", answer, err)
				}
				if diff := cmp.Diff(test.want, fields(answer)); diff != "" {
					t.Errorf("fields (-want +got):\n%s\n%s", diff, answer.Message)
				}
			})
		}
	}
}

func fields(answer decision.Decision) []string {
	var fields []string
	for _, cause := range answer.Causes {
		fields = append(fields, cause.Field)
	}
	slices.Sort(fields)
	return slices.Compact(fields)
}

// The pod of another namespace is no pod of the request.
func TestContainerRecreateRequestStaysInItsNamespace(t *testing.T) {
	object := strings.Replace(recreateJSON("", `"podName":"web-1","containers":[{"name":"plain"}]`), "shop", "lab", 1)
	answer, err := ContainerRecreateRequest{Pods: clusterWith(runningPod())}.Review(t.Context(), workloadRequest("v1beta1", object, ""))
	if err != nil || answer.Allowed || !strings.Contains(answer.Message, `no such pod in namespace "lab"`) {
		t.Errorf("%+v, %v", answer, err)
	}
}

func TestContainerRecreateRequestTellsSoManyFaults(t *testing.T) {
	for _, container := range []string{`{"name":"plain"}`, `{"name":"gone"}`, `{"name":"plain","ports":[]}`} {
		object := recreateJSON("", `"podName":"web-1","containers":[`+strings.Repeat(container+",", 1000)+container+`]`)
		answer, err := ContainerRecreateRequest{Pods: clusterWith(runningPod())}.Review(t.Context(), workloadRequest("v1beta1", object, ""))
		if err != nil || answer.Allowed || len(answer.Causes) < 100 || len(answer.Causes) > 210 {
			t.Errorf("%s: allowed %t, %d causes, error %v", container, answer.Allowed, len(answer.Causes), err)
		}
	}
}

// Case 18: a failed look-up is no refusal.
func TestContainerRecreateRequestThatCannotBeJudged(t *testing.T) {
	broken := errors.New("connection refused")
	for name, lookups := range map[string]*podsAndNodes{
		"pod":  {podErr: broken},
		"node": {pods: map[string]*corev1.Pod{"web-1": runningPod()}, nodeErr: broken},
	} {
		_, err := ContainerRecreateRequest{Pods: lookups}.Review(t.Context(), workloadRequest("v1beta1", recreateJSON("", `"podName":"web-1","containers":[{"name":"plain"}]`), ""))
		var unable *decision.Unable
		if !errors.As(err, &unable) || !errors.Is(err, broken) {
			t.Errorf("%s: error %v", name, err)
		}
	}
}

func TestContainerRecreateRequestWithoutCluster(t *testing.T) {
	answer, err := ContainerRecreateRequest{}.Review(t.Context(), workloadRequest("v1beta1", recreateJSON("", `"podName":"web-1","containers":[{"name":"plain"}]`), ""))
	if err != nil || !answer.Allowed || len(answer.Patch) > 0 || len(answer.Warnings) != 1 {
		t.Errorf("%+v, %v; want it allowed unchanged, with a warning", answer, err)
	}
	answer, err = ContainerRecreateRequest{}.Review(t.Context(), workloadRequest("v1beta1", recreateJSON("", `"podName":"web-1"`), ""))
	if err != nil || answer.Allowed || len(answer.Warnings) != 0 {
		t.Errorf("%+v, %v; want it refused", answer, err)
	}
}

// Case 2, and that the gate keeps nothing stored from losing its finalizers.
func TestContainerRecreateRequestWithoutDaemon(t *testing.T) {
	object := recreateJSON("", `"podName":"web-1","containers":[{"name":"plain"}]`)
	for old, allowed := range map[string]bool{"": false, object: true} {
		answer, err := ContainerRecreateRequest{Pods: clusterWith(runningPod()), GateOff: "KruiseDaemon"}.Review(t.Context(), workloadRequest("v1beta1", object, old))
		if err != nil || answer.Allowed != allowed || !allowed && (answer.Code != 403 || !strings.Contains(answer.Message, "KruiseDaemon")) {
			t.Errorf("old %q: %+v, %v", old, answer, err)
		}
	}
}

func TestContainerRecreateRequestUpdates(t *testing.T) {
	const spec = `"podName":"web-1","containers":[{"name":"plain"}]`
	acquired := func(text string) string {
		return recreateLabels + `,"annotations":{"crr.apps.kruise.io/unready-acquired":"` + text + `"}`
	}
	for _, test := range []struct {
		name, old, metadata, spec string
		version                   string
		want                      []string
	}{
		{name: "nothing", old: recreateLabels, metadata: recreateLabels, spec: spec},
		{name: "29 another container", old: recreateLabels, metadata: recreateLabels, spec: `"podName":"web-1","containers":[{"name":"plain"},{"name":"app"}]`, want: []string{"spec"}},
		{name: "30 another pod-uid", old: recreateLabels, metadata: strings.Replace(recreateLabels, "u-1", "u-2", 1), spec: spec, want: []string{"metadata.labels[crr.apps.kruise.io/pod-uid]"}},
		{name: "a pod-uid is added", old: ``, metadata: `,"labels":{"crr.apps.kruise.io/pod-uid":""}`, spec: spec, want: []string{"metadata.labels[crr.apps.kruise.io/pod-uid]"}},
		{name: "31 no node-name", old: recreateLabels, metadata: strings.Replace(recreateLabels, "node-name", "x", 1), spec: spec, want: []string{"metadata.labels[crr.apps.kruise.io/node-name]"}},
		{name: "32 not active", old: recreateLabels, metadata: strings.Replace(recreateLabels, `"crr.apps.kruise.io/active":"true",`, "", 1), spec: spec},
		{name: "33 another time in v1alpha1", version: "v1alpha1", old: acquired("a"), metadata: acquired("b"), spec: spec, want: []string{"metadata.annotations[crr.apps.kruise.io/unready-acquired]"}},
		{name: "no time in v1alpha1", version: "v1alpha1", old: acquired("2026-05-01T12:00:00Z"), metadata: recreateLabels, spec: spec, want: []string{"metadata.annotations[crr.apps.kruise.io/unready-acquired]"}},
		{name: "33 another time in v1beta1", version: "v1beta1", old: acquired("a"), metadata: acquired("b"), spec: spec},
		{name: "34 a first time", old: recreateLabels, metadata: acquired("a"), spec: spec},
		{name: "a time for an empty one", old: acquired(""), metadata: acquired("a"), spec: spec},
	} {
		for _, version := range []string{"v1alpha1", "v1beta1"} {
			if test.version != "" && test.version != version {
				continue
			}
			t.Run(test.name+" "+version, func(t *testing.T) {
				lookups := clusterWith(runningPod())
				answer, err := ContainerRecreateRequest{Pods: lookups}.Review(t.Context(),
					workloadRequest(version, recreateJSON(test.metadata, test.spec), recreateJSON(test.old, spec)))
				if err != nil || answer.Allowed != (len(test.want) == 0) || len(answer.Patch) > 0 || lookups.podsRead > 0 {
					t.Fatalf("%+v, %v, %d pods read", answer, err, lookups.podsRead)
				}
				if diff := cmp.Diff(test.want, fields(answer)); diff != "" {
					t.Errorf("fields (-want +got):\n%s\n%s", diff, answer.Message)
				}
			})
		}
	}
}

func TestContainerRecreateRequestThatCannotBeRead(t *testing.T) {
	for _, test := range []struct{ name, version, object, old string }{
		{"unknown version", "v1gamma1", recreateJSON("", `"podName":"p"`), ""},
		{"another kind", "v1beta1", `{"kind":"Pod"}`, ""},
		{"containers that are none", "v1alpha1", recreateJSON("", `"containers":{}`), ""},
		{"an old object that is none", "v1beta1", recreateJSON("", `"podName":"p"`), `"x"`},
	} {
		answer, err := ContainerRecreateRequest{Pods: clusterWith()}.Review(t.Context(), workloadRequest(test.version, test.object, test.old))
		if err != nil || answer.Allowed || answer.Code != 400 {
			t.Errorf("%s: %+v, %v; want 400", test.name, answer, err)
		}
	}
}

func FuzzContainerRecreateRequest(f *testing.F) {
	f.Add("v1alpha1", recreateJSON("", `"podName":"web-1","containers":[{"name":"web"},{"name":"nap"}]`), "")
	f.Add("v1beta1", recreateJSON(`,"labels":null`, `"podName":"web-1","strategy":null,"containers":[{"name":"plain","ports":null},null]`), "")
	f.Add("v1beta1", `{"metadata":{"namespace":"shop","labels":[]},"spec":{"podName":"web-1","containers":[{"name":"app"}]}}`, "")
	f.Add("v1alpha1", recreateJSON(recreateLabels, `"podName":"web-1"`), recreateJSON(`,"annotations":{"crr.apps.kruise.io/unready-acquired":"x"}`, `"podName":"web-1"`))
	f.Fuzz(func(t *testing.T, version, object, old string) {
		request := workloadRequest(version, object, old)
		answer, err := ContainerRecreateRequest{Pods: clusterWith(runningPod())}.Review(t.Context(), request)
		if err != nil {
			t.Fatal(err)
		}
		if !answer.Allowed && (answer.Code == 0 || answer.Message == "") {
			t.Errorf("refused without a reason: %+v", answer)
		}
		if answer.Allowed && request.Operation == admissionv1.Create {
			defaulted(t, ContainerRecreateRequest{Pods: clusterWith(runningPod())}, request)
		}
	})
}
