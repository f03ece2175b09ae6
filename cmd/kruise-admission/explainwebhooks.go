package main

// Whether the API server asks the server about a pod at all, as the webhook configurations say.

import (
	"context"
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
	"strings"

	admissionregistrationv1 "k8s.io/api/admissionregistration/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"

	"github.com/kruise-admission/kruise-admission/cluster"
	"github.com/kruise-admission/kruise-admission/cluster/narrow"
	"github.com/kruise-admission/kruise-admission/webhook"
)

// podWebhook is an entry of a webhook configuration that leads to the injection of pods.
type podWebhook struct {
	configuration string
	admissionregistrationv1.MutatingWebhook
	// second is the name of the entry that is asked when the call of this one fails; empty: there is none.
	second string
	// unreadable says why the configurations of the cluster are not known; then there is no entry.
	unreadable error
}

// webhookVerdict says whether the API server asks an entry about a pod.
type webhookVerdict struct {
	Configuration string `json:"configuration"`
	Webhook       string `json:"webhook"`
	// Sends is yes, no or unknown.
	Sends string `json:"sends"`
	Why   string `json:"why"`
}

// podWebhooks gives the entries of files, of the cluster, or without both those of the plain installation.
func podWebhooks(ctx context.Context, files []string, config *rest.Config) ([]podWebhook, error) {
	switch {
	case len(files) > 0:
		configurations, err := readConfigurations(files)
		return podEntries(configurations), err
	case config == nil:
		mutating, _ := webhook.Configurations(webhook.ConfigurationOptions{
			Name: webhook.DefaultConfigurationName, Namespace: webhook.DefaultNamespace, Service: webhook.DefaultServiceName,
		})
		return podEntries([]admissionregistrationv1.MutatingWebhookConfiguration{*mutating}), nil
	}
	client, err := kubernetes.NewForConfig(config)
	if err != nil {
		return nil, err
	}
	list, err := client.AdmissionregistrationV1().MutatingWebhookConfigurations().List(ctx, metav1.ListOptions{})
	if apierrors.IsForbidden(err) {
		return []podWebhook{{unreadable: err}}, nil // the rest of the explanation needs no such right
	}
	if err != nil {
		return nil, fmt.Errorf("list the webhook configurations: %w", err)
	}
	return podEntries(list.Items), nil
}

func readConfigurations(files []string) ([]admissionregistrationv1.MutatingWebhookConfiguration, error) {
	_, objects, err := readObjects("--webhooks", files, nil)
	if err != nil {
		return nil, err
	}
	var configurations []admissionregistrationv1.MutatingWebhookConfiguration
	for _, o := range objects {
		if o.Kind != "MutatingWebhookConfiguration" {
			continue
		}
		var configuration admissionregistrationv1.MutatingWebhookConfiguration
		if err := json.Unmarshal(o.raw, &configuration); err != nil {
			return nil, inputError{fmt.Errorf("--webhooks: %s: %w", o.document, err)}
		}
		configurations = append(configurations, configuration)
	}
	if len(configurations) == 0 {
		return nil, inputError{fmt.Errorf("--webhooks: there is no MutatingWebhookConfiguration in %s", strings.Join(files, ", "))}
	}
	return configurations, nil
}

// podEntries picks the entries that call a path by which pods are injected.
func podEntries(configurations []admissionregistrationv1.MutatingWebhookConfiguration) []podWebhook {
	paths := webhook.NewPodsPaths()
	var found []podWebhook
	for _, configuration := range configurations {
		for _, entry := range configuration.Webhooks {
			if slices.Contains(paths, pathOf(entry.ClientConfig)) {
				found = append(found, podWebhook{configuration: configuration.Name, MutatingWebhook: entry})
			}
		}
	}
	for i := range found {
		second := webhook.SecondChancePrefix + found[i].Name
		if slices.ContainsFunc(found, func(other podWebhook) bool { return other.Name == second }) {
			found[i].second = second
		}
	}
	return found
}

// goesOnWithout says whether pods go without an answer when the call of the entry fails.
func (w *podWebhook) goesOnWithout() bool {
	_, _, further := webhook.WithoutSecondChance(w.MatchConditions)
	return w.second == "" && !further && w.FailurePolicy != nil && *w.FailurePolicy == admissionregistrationv1.Ignore
}

func pathOf(client admissionregistrationv1.WebhookClientConfig) string {
	switch {
	case client.Service != nil && client.Service.Path != nil:
		return *client.Service.Path
	case client.URL != nil:
		if address, err := url.Parse(*client.URL); err == nil {
			return address.Path
		}
	}
	return ""
}

// sentBy asks every entry whether the API server would call it for the creation of a pod with these labels. pod is nil when no more of it is known.
func sentBy(ctx context.Context, entries []podWebhook, view cluster.View, namespace string, podLabels map[string]string, pod *corev1.Pod) ([]webhookVerdict, error) {
	if len(entries) == 0 {
		return []webhookVerdict{{Sends: "no", Why: "no webhook configuration sends pods to a path where sidecars are injected: is the server installed?"}}, nil
	}
	namespaceLabels, found, err := view.NamespaceLabels(ctx, namespace)
	if err != nil {
		return nil, fmt.Errorf("read namespace %s: %w", namespace, err)
	}
	verdicts := make([]webhookVerdict, len(entries))
	for i := range entries {
		entry := &entries[i]
		v := &verdicts[i]
		v.Configuration, v.Webhook = entry.configuration, entry.Name
		switch {
		case entry.unreadable != nil:
			v.Sends, v.Why = "unknown", oneLine(entry.unreadable.Error())
		case !found:
			v.Sends, v.Why = "no", fmt.Sprintf("namespace %s does not exist", namespace)
		default:
			v.Sends, v.Why = entry.sends(namespaceLabels, podLabels, func(expression string) (sent, known bool) {
				if pod == nil {
					return false, false
				}
				return narrow.Sent(expression, view.SidecarSets(), view.NamespacesInUse(), namespace, pod)
			})
		}
	}
	return verdicts, nil
}

// sends decides as the API server does: rules, then selectors, then conditions. Of these only the one that the server keeps can be told, by narrowed.
func (w *podWebhook) sends(namespaceLabels, podLabels labels.Set, narrowed func(expression string) (sent, known bool)) (verdict, why string) {
	if !slices.ContainsFunc(w.Rules, coversPods) {
		return "no", "its rules do not cover the creation of pods"
	}
	for _, s := range []struct {
		name, what string
		selector   *metav1.LabelSelector
		labels     labels.Set
	}{
		{"namespaceSelector", "the namespace", w.NamespaceSelector, namespaceLabels},
		{"objectSelector", "the pod", w.ObjectSelector, podLabels},
	} {
		if s.selector == nil {
			continue // selects everything
		}
		selector, err := metav1.LabelSelectorAsSelector(s.selector)
		if err != nil {
			return "unknown", fmt.Sprintf("its %s cannot be read: %v", s.name, err)
		}
		if requirement, differs := unmet(selector, s.labels); differs {
			return "no", fmt.Sprintf("its %s wants %q, and %s has %s", s.name, requirement.String(), s.what, labelOrNone(s.labels, requirement.Key()))
		}
	}
	conditions, marked, further := webhook.WithoutSecondChance(w.MatchConditions)
	if marked {
		return "no", "only for pods that come with the mark of one that is decided"
	}
	why = "rules and selectors match"
	var unknown []string
	for _, condition := range conditions {
		sent, known := false, false
		if condition.Name == narrow.ConditionName {
			sent, known = narrowed(condition.Expression)
		}
		switch {
		case !known:
			unknown = append(unknown, fmt.Sprintf("%s (%s)", condition.Name, oneLine(condition.Expression)))
		case !sent:
			return "no", "its match condition " + condition.Name + " lets only pods by that a SidecarSet may select or another step may concern"
		default:
			why = "rules, selectors and the match condition " + condition.Name + " match"
		}
	}
	if len(unknown) > 0 {
		return "unknown", "has matchConditions, which are not evaluated here: " + strings.Join(unknown, ", ")
	}
	switch {
	case further:
		why += "; asked only when the calls before have failed"
	case w.second != "":
		why += "; when the call fails, " + w.second + " is asked"
	case w.goesOnWithout():
		why += "; failurePolicy Ignore: while no server answers, pods go without sidecars"
	}
	return "yes", why
}

func coversPods(rule admissionregistrationv1.RuleWithOperations) bool {
	has := func(list []string, names ...string) bool {
		return slices.ContainsFunc(list, func(entry string) bool { return entry == "*" || slices.Contains(names, entry) })
	}
	operation := slices.ContainsFunc(rule.Operations, func(o admissionregistrationv1.OperationType) bool {
		return o == admissionregistrationv1.Create || o == admissionregistrationv1.OperationAll
	})
	namespaced := rule.Scope == nil || *rule.Scope != admissionregistrationv1.ClusterScope
	return operation && namespaced && has(rule.APIGroups, "") && has(rule.APIVersions, "v1") && has(rule.Resources, "pods", "*/*")
}

// unmet gives the first requirement of a selector that labels do not meet.
func unmet(selector labels.Selector, has labels.Set) (labels.Requirement, bool) {
	requirements, _ := selector.Requirements()
	for _, requirement := range requirements {
		if !requirement.Matches(has) {
			return requirement, true
		}
	}
	return labels.Requirement{}, false
}

func labelOrNone(has labels.Set, key string) string {
	if value, ok := has[key]; ok {
		return fmt.Sprintf("%s=%s", key, value)
	}
	return "no such label"
}
