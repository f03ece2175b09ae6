package main

// Which webhook configurations are those of the server.

import (
	"context"
	"fmt"
	"slices"
	"strings"

	admissionregistrationv1 "k8s.io/api/admissionregistration/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/validation"
	"k8s.io/client-go/kubernetes"

	"github.com/kruise-admission/kruise-admission/webhook"
)

// validateConfigurations reports a name of --webhook-configuration that cannot be one.
func validateConfigurations(names []string) error {
	if len(names) == 0 {
		names = []string{""}
	}
	for _, name := range names {
		if problems := validation.IsDNS1123Subdomain(name); len(problems) > 0 {
			return fmt.Errorf("--webhook-configuration: invalid value %q: %s", name, problems[0])
		}
	}
	return nil
}

// installed are the webhook configurations of some names that exist.
type installed struct {
	mutating   []admissionregistrationv1.MutatingWebhookConfiguration
	validating []admissionregistrationv1.ValidatingWebhookConfiguration
}

// readInstalled looks for each name in both kinds, as the server does.
func readInstalled(ctx context.Context, client kubernetes.Interface, names []string) (found installed, err error) {
	for _, name := range names {
		mutating, err := client.AdmissionregistrationV1().MutatingWebhookConfigurations().Get(ctx, name, metav1.GetOptions{})
		switch {
		case err == nil:
			found.mutating = append(found.mutating, *mutating)
		case !apierrors.IsNotFound(err):
			return installed{}, err
		}
		validating, err := client.AdmissionregistrationV1().ValidatingWebhookConfigurations().Get(ctx, name, metav1.GetOptions{})
		switch {
		case err == nil:
			found.validating = append(found.validating, *validating)
		case !apierrors.IsNotFound(err):
			return installed{}, err
		}
	}
	return found, nil
}

// missing says what does not exist: a kind of which there is none, and a name under which there is nothing.
func (i installed) missing(names []string) (missing []string) {
	either := strings.Join(names, " or ")
	if len(i.mutating) == 0 {
		missing = append(missing, "MutatingWebhookConfiguration "+either)
	}
	if len(i.validating) == 0 {
		missing = append(missing, "ValidatingWebhookConfiguration "+either)
	}
	if len(missing) > 0 {
		return missing
	}
	for _, name := range names {
		mutates := slices.ContainsFunc(i.mutating, func(c admissionregistrationv1.MutatingWebhookConfiguration) bool { return c.Name == name })
		validates := slices.ContainsFunc(i.validating, func(c admissionregistrationv1.ValidatingWebhookConfiguration) bool { return c.Name == name })
		if !mutates && !validates {
			missing = append(missing, "webhook configuration "+name)
		}
	}
	return missing
}

// withSecondChances adds the configurations of second chances that exist, so that nobody has to name them. One that may not be read is left out.
func withSecondChances(ctx context.Context, client kubernetes.Interface, names []string) []string {
	all := slices.Clone(names)
	for _, name := range names {
		second := name + webhook.SecondChanceSuffix
		if _, err := client.AdmissionregistrationV1().MutatingWebhookConfigurations().Get(ctx, second, metav1.GetOptions{}); err == nil && !slices.Contains(all, second) {
			all = append(all, second)
		}
	}
	return all
}
