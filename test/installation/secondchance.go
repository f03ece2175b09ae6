package installation

import (
	"slices"

	admissionregistrationv1 "k8s.io/api/admissionregistration/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"

	"github.com/kruise-admission/kruise-admission/webhook"
)

// The second chance of pods, as the chart installs it: a third configuration, its name among the flags, and the right to it.

// SecondChanceName is the name of the third configuration.
const SecondChanceName = webhook.DefaultConfigurationName + webhook.SecondChanceSuffix

// withSecondChance splits the entry for pods.
func withSecondChance(configurations []*unstructured.Unstructured) ([]*unstructured.Unstructured, error) {
	all := slices.Clone(configurations)
	for _, object := range configurations {
		if object.GetKind() != "MutatingWebhookConfiguration" {
			continue
		}
		first := &admissionregistrationv1.MutatingWebhookConfiguration{}
		if err := runtime.DefaultUnstructuredConverter.FromUnstructured(object.Object, first); err != nil {
			return nil, err
		}
		second, err := webhook.SecondChance(first)
		if err != nil {
			return nil, err
		}
		if object.Object, err = runtime.DefaultUnstructuredConverter.ToUnstructured(first); err != nil {
			return nil, err
		}
		members, err := runtime.DefaultUnstructuredConverter.ToUnstructured(second)
		if err != nil {
			return nil, err
		}
		all = append(all, &unstructured.Unstructured{Object: members})
	}
	return all, nil
}

// allowSecondChance gives a role the same rights to the third configuration as to the other two.
func allowSecondChance(role *unstructured.Unstructured) {
	rules, _ := role.Object["rules"].([]any)
	for _, rule := range rules {
		members, _ := rule.(map[string]any)
		groups, _ := members["apiGroups"].([]any)
		if names, ok := members["resourceNames"].([]any); ok && slices.Contains(groups, any("admissionregistration.k8s.io")) {
			members["resourceNames"] = append(names, SecondChanceName)
		}
	}
}
