package main

import (
	"context"
	"fmt"
	"strings"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

func cloneSetAlpine(ctx context.Context, d *demo) error {
	stored, err := d.apply(ctx, "cloneset-nginx-alpine.yaml")
	if err != nil {
		return err
	}
	replicas, _, _ := unstructured.NestedInt64(stored.Object, "spec", "replicas")
	unavailable, _, _ := unstructured.NestedFieldCopy(stored.Object, "spec", "updateStrategy", "maxUnavailable")
	told("replicas %d, and by default maxUnavailable %v", replicas, unavailable)
	return nil
}

func wrongVolume(ctx context.Context, d *demo) error {
	const name = "cloneset-nginx-2-wrong-volume.yaml"
	wrong, err := example(name)
	if err != nil {
		return err
	}
	_, err = d.client.Apply(ctx, wrong)
	return refused(err, "kubectl apply -f examples/"+name, "data-vol", "rbd")
}

// updateCloneSet applies the published updates one after the other. The pod of the last one is made by hand, because no CloneSet
// controller runs here.
func updateCloneSet(ctx context.Context, d *demo) error {
	var stored *unstructured.Unstructured
	for _, name := range []string{"cloneset-nginx-2.yaml", "cloneset-nginx-2-update.yaml", "cloneset-nginx-2-paused.yaml"} {
		var err error
		if stored, err = d.apply(ctx, name); err != nil {
			return err
		}
	}
	const last = "cloneset-nginx-2-pods-to-delete.yaml"
	deletion, err := example(last)
	if err != nil {
		return err
	}
	_, err = d.client.Apply(ctx, deletion)
	if err := refused(err, "kubectl apply -f examples/"+last+" # no such pod", "podsToDelete", "nginx-2-t55h8"); err != nil {
		return err
	}
	controller := true
	_, err = d.kubernetes.CoreV1().Pods(metav1.NamespaceDefault).Create(ctx, &corev1.Pod{
		ObjectMeta: metav1.ObjectMeta{Name: "nginx-2-t55h8", OwnerReferences: []metav1.OwnerReference{{
			APIVersion: stored.GetAPIVersion(), Kind: stored.GetKind(), Name: stored.GetName(), UID: stored.GetUID(), Controller: &controller,
		}}},
		Spec: corev1.PodSpec{Containers: []corev1.Container{{Name: "nginx", Image: "nginx:1.19.6-alpine"}}},
	}, metav1.CreateOptions{})
	if err != nil {
		return err
	}
	told("the CloneSet gets its pod nginx-2-t55h8")
	_, err = d.apply(ctx, last)
	return err
}

// inPlaceOnly shows the rule in both versions of the API.
func inPlaceOnly(ctx context.Context, d *demo) error {
	for _, api := range []struct {
		version  string
		strategy map[string]any
	}{
		{"v1alpha1", map[string]any{"type": "InPlaceOnly"}},
		{"v1beta1", map[string]any{"type": "RollingUpdate", "rollingUpdate": map[string]any{"podUpdatePolicy": "InPlaceOnly"}}},
	} {
		set := object("apps.kruise.io/"+api.version, "CloneSet", metav1.NamespaceDefault, "in-place-"+api.version)
		labels := map[string]any{"app": set.GetName()}
		set.Object["spec"] = map[string]any{
			"replicas": int64(2), "selector": map[string]any{"matchLabels": labels}, "updateStrategy": api.strategy,
			"template": map[string]any{
				"metadata": map[string]any{"labels": labels},
				"spec":     map[string]any{"containers": []any{container("nginx:1.25", "blue")}},
			},
		}
		if _, err := d.client.Create(ctx, set); err != nil {
			return err
		}
		change := func(image, color string) error {
			if err := unstructured.SetNestedSlice(set.Object, []any{container(image, color)}, "spec", "template", "spec", "containers"); err != nil {
				return err
			}
			_, err := d.client.Apply(ctx, set)
			return err
		}
		if err := change("nginx:1.26", "blue"); err != nil {
			return fmt.Errorf("the image may change: %w", err)
		}
		told("$ kubectl set image cloneset/%s web=nginx:1.26 # %s\nimage updated", set.GetName(), api.version)
		err := change("nginx:1.26", "green")
		if err := refused(err, "kubectl set env cloneset/"+set.GetName()+" COLOR=green # "+api.version, "env", "InPlaceIfPossible", "ReCreate"); err != nil {
			return err
		}
	}
	return nil
}

func container(image, color string) map[string]any {
	return map[string]any{"name": "web", "image": image, "env": []any{map[string]any{"name": "COLOR", "value": color}}}
}

func longName(ctx context.Context, d *demo) error {
	set, err := example("cloneset-nginx-alpine.yaml")
	if err != nil {
		return err
	}
	name := "a-cloneset-with-a-name-of-sixty-characters-"
	set.SetName(name + strings.Repeat("x", 60-len(name)))
	_, err = d.client.Create(ctx, set)
	return refused(err, "kubectl create -f - # a CloneSet named "+set.GetName(), "metadata.name", "52")
}
