package main

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/client-go/kubernetes"

	"github.com/kruise-admission/kruise-admission/test/installation"
)

// stepTimeout bounds one step. It only ever passes when something is broken.
const stepTimeout = 3 * time.Minute

type demo struct {
	installed  *installation.Installation
	client     *installation.Client
	kubernetes kubernetes.Interface
}

type step struct {
	title string
	do    func(ctx context.Context, d *demo) error
	demo  *demo
}

func (s step) run(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, stepTimeout)
	defer cancel()
	return s.do(ctx, s.demo)
}

func (d *demo) steps() []step {
	steps := []step{
		{title: "A SidecarSet is stored, with its defaults and hashes", do: storeSidecarSet},
		{title: "A Deployment is applied, and its 25 pods carry the sidecar", do: injectDeployment},
		{title: "A SidecarSet with a hot-upgrade container gives its pods two containers", do: hotUpgrade},
		{title: "A protected namespace cannot be deleted, until the label is removed", do: protectNamespace},
		{title: "A Cascading Deployment cannot be deleted, until it is scaled to 0", do: protectDeployment},
		{title: "The published CloneSet nginx-alpine is accepted", do: cloneSetAlpine},
		{title: "A CloneSet that mounts a volume by the wrong name is refused with a hint", do: wrongVolume},
		{title: "The same with matching names is accepted, and so are its updates", do: updateCloneSet},
		{title: "An InPlaceOnly CloneSet may change its image, and not its env", do: inPlaceOnly},
		{title: "A CloneSet whose name has 60 characters is refused", do: longName},
	}
	for i := range steps {
		steps[i].demo = d
	}
	return steps
}

// example reads one object of examples/.
func example(name string) (*unstructured.Unstructured, error) {
	objects, err := installation.Read(filepath.Join(installation.Root(), "examples", name))
	if err != nil {
		return nil, err
	}
	if len(objects) != 1 {
		return nil, fmt.Errorf("examples/%s holds %d objects, want 1", name, len(objects))
	}
	return objects[0], nil
}

// apply applies one example and tells it.
func (d *demo) apply(ctx context.Context, name string) (*unstructured.Unstructured, error) {
	object, err := example(name)
	if err != nil {
		return nil, err
	}
	stored, err := d.client.Apply(ctx, object)
	if err != nil {
		return nil, err
	}
	told("$ kubectl apply -f examples/%s\n%s %q applied", name, stored.GetKind(), stored.GetName())
	return stored, nil
}

// told prints lines of a session, indented under its step.
func told(format string, args ...any) {
	for line := range strings.Lines(fmt.Sprintf(format, args...)) {
		fmt.Println("    " + strings.TrimRight(line, "\n"))
	}
}

// indented writes what kubectl would write to the terminal, such as warnings, under its step.
type indented struct{}

func (indented) Write(p []byte) (int, error) {
	told("%s", p)
	return len(p), nil
}

// refused tells the words of a refusal, and fails when there was none or when it does not say what it should.
func refused(err error, command string, words ...string) error {
	if err == nil {
		return fmt.Errorf("%s: went through, want a refusal", command)
	}
	told("$ %s\n%s", command, err)
	for _, word := range words {
		if !strings.Contains(err.Error(), word) {
			return fmt.Errorf("the refusal does not say %q", word)
		}
	}
	return nil
}

func storeSidecarSet(ctx context.Context, d *demo) error {
	stored, err := d.apply(ctx, "sidecarset-log-agent.yaml")
	if err != nil {
		return err
	}
	hash := stored.GetAnnotations()["kruise.io/sidecarset-hash"]
	if len(hash) != 64 {
		return fmt.Errorf("annotation kruise.io/sidecarset-hash is %q, want 64 characters", hash)
	}
	told("annotation kruise.io/sidecarset-hash: %s", hash)
	labels, _, err := unstructured.NestedStringMap(stored.Object, "spec", "selector", "matchLabels")
	if err != nil {
		return err
	}
	return d.waitInjected(ctx, labels)
}

// waitInjected waits until every replica knows a SidecarSet that selects pods with these labels: each learns of it by a watch of its own, which may
// have to begin anew shortly after an installation.
func (d *demo) waitInjected(ctx context.Context, labels map[string]string) error {
	pod := &corev1.Pod{
		ObjectMeta: metav1.ObjectMeta{Namespace: metav1.NamespaceDefault, GenerateName: "probe-", Labels: labels},
		Spec:       corev1.PodSpec{Containers: []corev1.Container{{Name: "app", Image: "app:1"}}},
	}
	var last error
	err := wait.PollUntilContextCancel(ctx, 100*time.Millisecond, true, func(ctx context.Context) (bool, error) {
		last = d.installed.AskEveryReplica(ctx, pod, func(pod *corev1.Pod) error {
			if len(pod.Spec.Containers) < 2 {
				return errors.New("the pod has no sidecar")
			}
			return nil
		})
		return last == nil, nil
	})
	return errors.Join(err, last)
}

func injectDeployment(ctx context.Context, d *demo) error {
	deployment, err := d.apply(ctx, "deployment-frontend.yaml")
	if err != nil {
		return err
	}
	labels, _, err := unstructured.NestedStringMap(deployment.Object, "spec", "selector", "matchLabels")
	if err != nil {
		return err
	}
	pods, err := d.waitPods(ctx, metav1.FormatLabelSelector(&metav1.LabelSelector{MatchLabels: labels}), 25)
	if err != nil {
		return err
	}
	for _, pod := range pods {
		if pod.Annotations["kruise.io/sidecarset-injected-list"] == "" || len(pod.Spec.Containers) < 2 {
			return fmt.Errorf("pod %s has no sidecar", pod.Name)
		}
	}
	var names []string
	for _, container := range pods[0].Spec.Containers {
		names = append(names, container.Name)
	}
	told("25 of 25 pods carry it; pod %s has containers %s\nannotation kruise.io/sidecarset-injected-list: %s",
		pods[0].Name, strings.Join(names, ", "), pods[0].Annotations["kruise.io/sidecarset-injected-list"])
	return nil
}

// waitPods waits until as many pods exist.
func (d *demo) waitPods(ctx context.Context, selector string, count int) ([]corev1.Pod, error) {
	var pods []corev1.Pod
	err := wait.PollUntilContextCancel(ctx, 100*time.Millisecond, true, func(ctx context.Context) (bool, error) {
		list, err := d.kubernetes.CoreV1().Pods(metav1.NamespaceDefault).List(ctx, metav1.ListOptions{LabelSelector: selector})
		if err != nil {
			return false, err
		}
		pods = list.Items
		return len(pods) == count, nil
	})
	if err != nil {
		return nil, fmt.Errorf("%d pods with %s, want %d: %w", len(pods), selector, count, err)
	}
	return pods, nil
}

func hotUpgrade(ctx context.Context, d *demo) error {
	set, err := d.apply(ctx, "sidecarset-hot-upgrade.yaml")
	if err != nil {
		return err
	}
	labels, _, err := unstructured.NestedStringMap(set.Object, "spec", "selector", "matchLabels")
	if err != nil {
		return err
	}
	// The replicas learn of a new SidecarSet by a watch event; a pod that is created faster than that has no sidecar.
	return wait.PollUntilContextCancel(ctx, 100*time.Millisecond, true, func(ctx context.Context) (bool, error) {
		pod, err := d.kubernetes.CoreV1().Pods(metav1.NamespaceDefault).Create(ctx, &corev1.Pod{
			ObjectMeta: metav1.ObjectMeta{GenerateName: "hot-", Labels: labels},
			Spec:       corev1.PodSpec{Containers: []corev1.Container{{Name: "app", Image: "app:1"}}},
		}, metav1.CreateOptions{DryRun: []string{metav1.DryRunAll}})
		if err != nil {
			return false, err
		}
		var containers []string
		for _, container := range pod.Spec.Containers {
			containers = append(containers, container.Name+" ("+container.Image+")")
		}
		if len(containers) != 3 {
			return false, nil
		}
		told("a pod that it selects gets containers %s\nannotation kruise.io/sidecarset-working-hotupgrade-container: %s",
			strings.Join(containers, ", "), pod.Annotations["kruise.io/sidecarset-working-hotupgrade-container"])
		return true, nil
	})
}

func protectNamespace(ctx context.Context, d *demo) error {
	namespace := object("v1", "Namespace", "", "shop")
	namespace.SetLabels(map[string]string{"policy.kruise.io/delete-protection": "Always"})
	if _, err := d.client.Create(ctx, namespace); err != nil {
		return err
	}
	told("$ kubectl create namespace shop; kubectl label namespace shop policy.kruise.io/delete-protection=Always")
	if err := refused(d.client.Delete(ctx, namespace), "kubectl delete namespace shop", "vnamespace.kb.io", "Always"); err != nil {
		return err
	}
	if _, err := d.client.Patch(ctx, namespace, `{"metadata":{"labels":{"policy.kruise.io/delete-protection":null}}}`); err != nil {
		return err
	}
	if err := d.client.Delete(ctx, namespace); err != nil {
		return err
	}
	told("$ kubectl label namespace shop policy.kruise.io/delete-protection-; kubectl delete namespace shop\nnamespace \"shop\" deleted")
	return nil
}

func protectDeployment(ctx context.Context, d *demo) error {
	deployment, err := example("deployment-frontend.yaml")
	if err != nil {
		return err
	}
	if _, err := d.client.Patch(ctx, deployment, `{"metadata":{"labels":{"policy.kruise.io/delete-protection":"Cascading"}}}`); err != nil {
		return err
	}
	told("$ kubectl label deployment frontend policy.kruise.io/delete-protection=Cascading")
	err = refused(d.client.Delete(ctx, deployment), "kubectl delete deployment frontend", "Cascading", "replicas 25>0")
	if err != nil {
		return err
	}
	if _, err := d.client.Patch(ctx, deployment, `{"spec":{"replicas":0}}`); err != nil {
		return err
	}
	if err := d.client.Delete(ctx, deployment); err != nil {
		return err
	}
	told("$ kubectl scale deployment frontend --replicas=0; kubectl delete deployment frontend\ndeployment.apps \"frontend\" deleted")
	return nil
}

func object(apiVersion, kind, namespace, name string) *unstructured.Unstructured {
	o := &unstructured.Unstructured{}
	o.SetAPIVersion(apiVersion)
	o.SetKind(kind)
	o.SetNamespace(namespace)
	o.SetName(name)
	return o
}
