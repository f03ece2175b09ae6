package narrow

import (
	"context"
	"fmt"
	"strings"
	"testing"

	registrationv1 "k8s.io/api/admissionregistration/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kruise-admission/kruise-admission/api/apps/v1beta1"
	"github.com/kruise-admission/kruise-admission/cluster/narrow"
	"github.com/kruise-admission/kruise-admission/test/controlplane"
)

// TestAPIServersAffordTheLongestCondition: API servers bound what the evaluation of match conditions may cost, and refuse the pod when it
// costs more. The longest condition that there is stays below, also for a pod far larger than any, which is looked at in all its parts.
func TestAPIServersAffordTheLongestCondition(t *testing.T) {
	cluster := controlplane.ForTest(t)
	namespace := cluster.NamespaceForTest(t)
	var sets []*v1beta1.SidecarSet
	var namespaces []string
	longest := func() (string, bool) { return narrow.Expression(sets, namespaces) }
	for i := range 64 {
		set := &v1beta1.SidecarSet{}
		set.Spec.Selector = &metav1.LabelSelector{MatchExpressions: []metav1.LabelSelectorRequirement{
			{Key: "app", Operator: metav1.LabelSelectorOpExists},
			{Key: "app", Operator: metav1.LabelSelectorOpIn, Values: []string{fmt.Sprintf("app-%d", i), "b", "c", "d"}},
		}}
		sets = append(sets, set)
	}
	if _, ok := longest(); !ok {
		t.Fatal("64 SidecarSets are too many already")
	}
	for i := 0; ; i++ {
		namespaces = append(namespaces, fmt.Sprintf("namespace-%d", i))
		if _, ok := longest(); !ok {
			namespaces = namespaces[:i]
			break
		}
	}
	expression, _ := longest()
	t.Logf("%d bytes, %d namespaces", len(expression), len(namespaces))

	fail, none, path := registrationv1.Fail, registrationv1.SideEffectClassNone, "/mutate-pod"
	configurations := cluster.Client().AdmissionregistrationV1().MutatingWebhookConfigurations()
	_, err := configurations.Create(t.Context(), &registrationv1.MutatingWebhookConfiguration{
		ObjectMeta: metav1.ObjectMeta{Name: namespace},
		Webhooks: []registrationv1.MutatingWebhook{{
			Name: "narrow.example.com", FailurePolicy: &fail, SideEffects: &none, AdmissionReviewVersions: []string{"v1"},
			ClientConfig: registrationv1.WebhookClientConfig{Service: &registrationv1.ServiceReference{Namespace: namespace, Name: "nobody", Path: &path}},
			Rules: []registrationv1.RuleWithOperations{{
				Operations: []registrationv1.OperationType{registrationv1.Create},
				Rule:       registrationv1.Rule{APIGroups: []string{""}, APIVersions: []string{"v1"}, Resources: []string{"pods"}},
			}},
			NamespaceSelector: &metav1.LabelSelector{MatchLabels: map[string]string{corev1.LabelMetadataName: namespace}},
			MatchConditions:   []registrationv1.MatchCondition{{Name: narrow.ConditionName, Expression: expression}},
		}},
	}, metav1.CreateOptions{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := configurations.Delete(context.Background(), namespace, metav1.DeleteOptions{}); err != nil {
			t.Error(err)
		}
	})
	pod := func(app string) *corev1.Pod {
		return &corev1.Pod{
			ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: "pod", Labels: map[string]string{"app": app}, Annotations: map[string]string{}},
			Spec:       corev1.PodSpec{Containers: []corev1.Container{{Name: "app", Image: "app:1"}}},
		}
	}
	send := func(ctx context.Context, pod *corev1.Pod) error {
		_, err := cluster.Client().CoreV1().Pods(namespace).Create(ctx, pod, metav1.CreateOptions{DryRun: []string{metav1.DryRunAll}})
		return err
	}
	controlplane.Eventually(t, "a pod that is selected is sent", func(ctx context.Context) error {
		if err := send(ctx, pod("app-63")); err == nil || !strings.Contains(err.Error(), "failed calling webhook") {
			return fmt.Errorf("got %w", err)
		}
		return nil
	})

	large := pod("none")
	for i := range 10_000 {
		large.Annotations[fmt.Sprintf("a%d", i)] = ""
	}
	for i := range 20_000 {
		large.Spec.Containers[0].Env = append(large.Spec.Containers[0].Env, corev1.EnvVar{Name: fmt.Sprintf("A%d", i)})
	}
	if err := send(t.Context(), large); err != nil {
		t.Errorf("a large pod that nothing selects: %.300v", err)
	}
}
