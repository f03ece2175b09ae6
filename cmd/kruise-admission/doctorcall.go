package main

// Whether the API server reaches the server: by a SidecarSet that must be refused, and by a conversion.

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	admissionregistrationv1 "k8s.io/api/admissionregistration/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/kruise-admission/kruise-admission/api/apps/v1alpha1"
	"github.com/kruise-admission/kruise-admission/api/apps/v1beta1"
)

const (
	// probeName is the name of everything that is tried, and never stored.
	probeName = "kruise-admission-doctor"
	// probeEntry is the entry that refuses the SidecarSet, and probeRefusal are words of this server's refusal: OpenKruise has an entry of that
	// name as well.
	probeEntry   = "vsidecarset.kb.io"
	probeRefusal = "say which pods get the sidecars"
)

// tried are the options of what is only tried.
var tried = metav1.CreateOptions{DryRun: []string{metav1.DryRunAll}, FieldManager: probeName}

// checkCall creates, as a dry run, a SidecarSet that the server must refuse: only its refusal proves that it was asked.
func (d *doctor) checkCall(ctx context.Context) []check {
	begun := time.Now()
	err := d.trySidecarSet(ctx, v1beta1.GroupVersion.String(), map[string]any{}) // a selector is missing
	took := time.Since(begun).Round(time.Millisecond)
	switch {
	case err == nil:
		return []check{d.uncalled(ctx)}
	case isCallFailure(err):
		return []check{failedCall("the API server cannot call the server", err)}
	case strings.Contains(err.Error(), probeRefusal):
		return []check{isOK("the API server called the server and got its answer, in %s", took)}
	case strings.Contains(err.Error(), "denied the request"):
		return []check{{Status: checkUnknown, Detail: "a SidecarSet that is tried is refused by somebody else first, or by a server of another version: " + oneLine(err.Error())}}
	case apierrors.IsNotFound(err):
		return []check{{Status: checkUnknown, Detail: "the cluster does not know SidecarSets, so no call can be tried", Remedy: "kubectl apply --server-side -f deploy/crds"}}
	}
	return []check{notTold("a SidecarSet cannot be tried", err)}
}

// uncalled says why the server was not asked about the SidecarSet.
func (d *doctor) uncalled(ctx context.Context) check {
	const what = "a SidecarSet that must be refused was not: the server was not asked"
	all, _, err := d.entries(ctx)
	if err != nil {
		return notTold(what, err)
	}
	for _, e := range all {
		if e.name != probeEntry {
			continue
		}
		if e.failurePolicy != nil && *e.failurePolicy == admissionregistrationv1.Ignore {
			return d.hidden(ctx, what)
		}
		return isWrong("compare rules, selectors and matchConditions of the entry with deploy/webhooks.yaml", "%s: entry %s does not match it", what, probeEntry)
	}
	if len(all) > 0 {
		return check{Status: checkUnknown, Detail: fmt.Sprintf("whether the server is called cannot be seen: entry %s is left out of ValidatingWebhookConfiguration %s", probeEntry, strings.Join(d.configurations, " and "))}
	}
	return isWrong("install the webhook configurations: kubectl apply --server-side -f deploy/webhooks.yaml", "%s: there is no entry %s in ValidatingWebhookConfiguration %s",
		what, probeEntry, strings.Join(d.configurations, " or "))
}

// hidden says why a call failed that failurePolicy Ignore hides. Conversion knows no such policy and takes the same way.
func (d *doctor) hidden(ctx context.Context, what string) check {
	err := d.tryConversion(ctx)
	if !isCallFailure(err) {
		return isWrong("set failurePolicy to Fail for a moment: the API server then says why",
			"%s: failurePolicy Ignore hides why the call fails", what)
	}
	c := failedCall(what+", and failurePolicy Ignore hides it", err)
	c.Remedy += "; consider failurePolicy Fail where sidecars must not be missing"
	return c
}

func (d *doctor) checkConversion(ctx context.Context) []check {
	err := d.tryConversion(ctx)
	switch {
	case err == nil:
		return []check{isOK("the API server converts SidecarSets between v1alpha1 and v1beta1")}
	case errors.Is(err, errNotReached):
		return []check{{Status: checkUnknown, Detail: err.Error()}}
	case strings.Contains(err.Error(), "conversion webhook for"):
		c := failedCall("the API server cannot convert, so that objects of the other version can be neither read nor written", err)
		return []check{d.withOlderStored(ctx, c)}
	case apierrors.IsNotFound(err):
		return []check{{Status: checkUnknown, Detail: "the cluster does not serve SidecarSets as v1alpha1, so no conversion can be tried"}}
	}
	return []check{notTold("a conversion cannot be tried", err)}
}

// errNotReached says that a call for admission failed before anything was converted.
var errNotReached = errors.New("nothing was converted, because the calls for admission fail before")

// tryConversion lets the API server convert a SidecarSet of the version that is not stored. Reading would prove nothing: the API server
// keeps what it has converted.
func (d *doctor) tryConversion(ctx context.Context) error {
	err := d.trySidecarSet(ctx, v1alpha1.GroupVersion.String(), map[string]any{
		"selector":   map[string]any{"matchLabels": map[string]any{probeName: "none"}},
		"containers": []any{map[string]any{"name": probeName, "image": probeName + ":none"}},
	})
	if err != nil && strings.Contains(err.Error(), "failed calling webhook") {
		return errNotReached
	}
	return err
}

// trySidecarSet creates a SidecarSet as a dry run.
func (d *doctor) trySidecarSet(ctx context.Context, apiVersion string, spec map[string]any) error {
	probe := &unstructured.Unstructured{Object: map[string]any{
		"apiVersion": apiVersion, "kind": "SidecarSet", "metadata": map[string]any{"name": probeName}, "spec": spec,
	}}
	_, err := d.dynamic.Resource(probe.GroupVersionKind().GroupVersion().WithResource("sidecarsets")).Create(ctx, probe, tried)
	return err
}
