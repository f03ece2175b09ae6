package main

// Whether the CustomResourceDefinitions are there, and convert through the server.

import (
	"context"
	"fmt"
	"slices"
	"strings"

	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"

	"github.com/kruise-admission/kruise-admission/webhook"
)

func (d *doctor) checkCRDs(ctx context.Context) []check {
	var missing, unestablished, elsewhere, bundleless, unasked []string
	converted := webhook.ConvertedCRDs()
	for _, name := range converted {
		crd, err := d.crd(ctx, name)
		switch {
		case apierrors.IsNotFound(err):
			missing = append(missing, name)
			continue
		case err != nil:
			return []check{notTold("the CRDs", err)}
		case !established(crd):
			unestablished = append(unestablished, name)
		}
		conversion := crd.Spec.Conversion
		if conversion == nil || conversion.Strategy != apiextensionsv1.WebhookConverter || conversion.Webhook == nil || conversion.Webhook.ClientConfig == nil {
			unasked = append(unasked, name)
			continue
		}
		client := conversion.Webhook.ClientConfig
		if service := client.Service; service != nil && (service.Namespace != d.serverNamespace || service.Name != d.service) {
			elsewhere = append(elsewhere, fmt.Sprintf("%s through Service %s/%s", name, service.Namespace, service.Name))
		}
		if len(client.CABundle) == 0 {
			bundleless = append(bundleless, name)
		}
	}
	const again = "install the CRDs again: kubectl apply --server-side -f deploy/crds"
	var found []check
	for _, problem := range []struct {
		names        []string
		what, remedy string
	}{
		{missing, "CRDs that do not exist", again},
		{unestablished, "CRDs that the API server has not taken into service", "see status.conditions: kubectl describe crd"},
		{unasked, "CRDs that do not convert by webhook, so that fields are lost between their versions", again},
		{bundleless, "CRDs without a caBundle, so that nothing can be converted",
			"the server writes it within seconds, if it runs and may patch CRDs: see its log; with other certificates than self-managed ones, see docs/install.md"},
	} {
		if len(problem.names) > 0 {
			found = append(found, isWrong(problem.remedy, "%s: %s", problem.what, strings.Join(problem.names, ", ")))
		}
	}
	if len(elsewhere) > 0 {
		slices.Sort(elsewhere)
		found = append(found, isOK("CRDs that convert elsewhere, as beside OpenKruise: %s", strings.Join(elsewhere, ", ")))
	}
	if len(found) == 0 {
		found = append(found, isOK("%s there, and convert through the server", count(len(converted), "CRD is", "CRDs are")))
	}
	return found
}

// withOlderStored adds to what is wrong with conversion that nothing of some kinds can be listed, because objects of them may be stored in an older version.
func (d *doctor) withOlderStored(ctx context.Context, c check) check {
	var kinds []string
	for _, name := range webhook.ConvertedCRDs() {
		crd, err := d.crd(ctx, name)
		if err != nil {
			continue // the check of CRDs tells
		}
		for _, version := range crd.Spec.Versions {
			if !version.Storage && slices.Contains(crd.Status.StoredVersions, version.Name) {
				kinds = append(kinds, fmt.Sprintf("%s (%s)", name, version.Name))
			}
		}
	}
	if len(kinds) > 0 {
		c.Detail += "; of these kinds nothing can be listed until then, if objects are still stored in the version that status.storedVersions names: " + strings.Join(kinds, ", ")
		c.Remedy += "; when no replica is ready, one that starts becomes ready without them, to convert, and logs \"ready before the view of the cluster is complete\""
	}
	return c
}

func (d *doctor) crd(ctx context.Context, name string) (*apiextensionsv1.CustomResourceDefinition, error) {
	found, err := d.dynamic.Resource(apiextensionsv1.SchemeGroupVersion.WithResource("customresourcedefinitions")).Get(ctx, name, metav1.GetOptions{})
	if err != nil {
		return nil, err
	}
	crd := &apiextensionsv1.CustomResourceDefinition{}
	return crd, runtime.DefaultUnstructuredConverter.FromUnstructured(found.Object, crd)
}

func established(crd *apiextensionsv1.CustomResourceDefinition) bool {
	return slices.ContainsFunc(crd.Status.Conditions, func(c apiextensionsv1.CustomResourceDefinitionCondition) bool {
		return c.Type == apiextensionsv1.Established && c.Status == apiextensionsv1.ConditionTrue
	})
}
