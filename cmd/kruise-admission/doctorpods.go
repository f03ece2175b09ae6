package main

// Whether a pod that is created in a namespace reaches the server and comes back with its sidecars.

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kruise-admission/kruise-admission/api/sidecarset"
)

// checkPods creates a pod as a dry run, which a SidecarSet of the cluster selects if there is one.
func (d *doctor) checkPods(ctx context.Context) []check {
	entries, err := podWebhooks(ctx, nil, d.config)
	if err != nil {
		return []check{notTold("the webhook configurations", err)}
	}
	engine, err := d.engine(ctx, d.config, lookups{}, io.Discard)
	if err != nil {
		return []check{notTold("the SidecarSets", err)}
	}
	if _, found, err := engine.view.NamespaceLabels(ctx, d.namespace); err != nil || !found {
		if err == nil {
			err = fmt.Errorf("it does not exist")
		}
		return []check{notTold("namespace "+d.namespace, err)}
	}
	pod, expected := d.probePod(ctx, engine)
	verdicts, err := sentBy(ctx, entries, engine.view, d.namespace, pod.Labels, nil)
	if err != nil {
		return []check{notTold("namespace "+d.namespace, err)}
	}
	if !slices.ContainsFunc(verdicts, func(v webhookVerdict) bool { return v.Sends != "no" }) {
		return []check{isWrong("change the selectors of the entry or the labels of the namespace, if pods of it should have sidecars; give another namespace with -n",
			"pods of namespace %s are not sent to the server: %s%s", d.namespace, whichEntry(verdicts[0]), verdicts[0].Why)}
	}
	created, err := d.client.CoreV1().Pods(d.namespace).Create(ctx, pod, tried)
	switch {
	case isCallFailure(err) && slices.ContainsFunc(entries, func(e podWebhook) bool { return strings.Contains(err.Error(), fmt.Sprintf("%q", e.Name)) }):
		return []check{failedCall("pods cannot be created", err)}
	case isCallFailure(err):
		return []check{isWrong("look after that webhook, which is not of this server", "pods cannot be created: %s", oneLine(err.Error()))}
	case err != nil:
		c := notTold("a pod cannot be tried in namespace "+d.namespace, err)
		if apierrors.IsForbidden(err) {
			c.Remedy = "ask as somebody who may create pods there, or name another namespace with -n"
		}
		return []check{c}
	}
	return []check{d.judgePod(ctx, created, expected, entries)}
}

func whichEntry(v webhookVerdict) string {
	if v.Webhook == "" {
		return ""
	}
	return fmt.Sprintf("entry %s of %s: ", v.Webhook, v.Configuration)
}

// probePod makes a pod, and names the SidecarSet that it should get; none when no SidecarSet selects pods of the namespace by labels alone.
func (d *doctor) probePod(ctx context.Context, engine *parts) (pod *corev1.Pod, sidecarSet string) {
	pod = &corev1.Pod{
		ObjectMeta: metav1.ObjectMeta{Name: probeName, Namespace: d.namespace, Labels: map[string]string{"app.kubernetes.io/name": probeName}},
		Spec:       corev1.PodSpec{Containers: []corev1.Container{{Name: probeName, Image: probeName + ":none"}}},
	}
	for _, set := range engine.view.SidecarSets() {
		selected := pod.DeepCopy()
		if set.Spec.Selector != nil {
			maps.Copy(selected.Labels, set.Spec.Selector.MatchLabels)
		}
		raw, err := json.Marshal(selected)
		if err != nil {
			continue
		}
		applied, err := engine.engine.Applied(ctx, d.namespace, raw)
		if err != nil || len(applied) != 1 || applied[0].Refused != nil || len(applied[0].Containers) == 0 {
			continue
		}
		return selected, applied[0].SidecarSet
	}
	return pod, ""
}

// judgePod says what came of the pod that was tried.
func (d *doctor) judgePod(ctx context.Context, created *corev1.Pod, expected string, entries []podWebhook) check {
	ignores := slices.ContainsFunc(entries, func(e podWebhook) bool { return e.goesOnWithout() })
	injected := slices.Contains(strings.Split(created.Annotations[sidecarset.InjectedListAnnotation], ","), expected)
	switch {
	case expected != "" && injected:
		return isOK("a pod in namespace %s comes back with SidecarSet %s", d.namespace, expected)
	case expected != "" && ignores:
		return d.hidden(ctx, fmt.Sprintf("a pod in namespace %s comes back without SidecarSet %s", d.namespace, expected))
	case expected != "":
		return isWrong("see matchConditions of the entry, the log of the server, and kruise-admission explain",
			"a pod in namespace %s comes back without SidecarSet %s, though nothing failed", d.namespace, expected)
	case ignores:
		return check{Status: checkUnknown, Detail: fmt.Sprintf(
			"a pod can be created in namespace %s; whether the server was asked cannot be seen, because no SidecarSet selects it and failurePolicy Ignore hides failures", d.namespace)}
	}
	return isOK("a pod in namespace %s passes the server, and there is no SidecarSet to try", d.namespace)
}
