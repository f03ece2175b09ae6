package main

// Whether the server has the rights without which it does not work.

import (
	"context"
	"fmt"
	"strings"

	authorizationv1 "k8s.io/api/authorization/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/component-base/featuregate"

	"github.com/kruise-admission/kruise-admission/certs"
	"github.com/kruise-admission/kruise-admission/cluster"
	"github.com/kruise-admission/kruise-admission/webhook"
)

// neededRight is a right of the server, and what does not work without it.
type neededRight struct {
	// resource may name a subresource, as in pods/eviction.
	group, resource string
	verbs           []string
	// name of the one object; empty for all.
	name string
	// own says that it is needed in the server's namespace only.
	own     bool
	without string
}

// String names what the right is to, as in sidecarsets.apps.kruise.io and secrets kruise-admission-ca.
func (r neededRight) String() string {
	resource := schema.GroupResource{Group: r.group, Resource: r.resource}.String()
	if r.name == "" {
		return resource
	}
	return resource + " " + r.name
}

// needs are what the rights of a server depend on.
type needs struct {
	configurations []string
	// selfManaged says that the server makes its own certificates.
	selfManaged bool
	gates       featuregate.FeatureGate
	// evicts says that it evicts pods that went without their sidecars.
	evicts bool
}

// rights are those without which decisions or the start fail; deploy/manifests/10-rbac.yaml has all, with the features that need the others.
func (n needs) rights() []neededRight {
	rights := append(n.always(), n.byFeature()...)
	if n.selfManaged {
		rights = append(rights, n.ofAuthority()...)
	}
	return rights
}

// always are those of every server.
func (n needs) always() []neededRight {
	read := []string{"list", "watch"}
	rights := []neededRight{
		{"apps.kruise.io", "sidecarsets", read, "", false, "it never becomes ready"},
		{"apps.kruise.io", "persistentpodstates", read, "", false, "it never becomes ready"},
		{"", "namespaces", append([]string{"get"}, read...), "", false, "it never becomes ready"},
		{"apps", "controllerrevisions", read, "", true, "it never becomes ready"},
		{"", "configmaps", read, cluster.SettingsConfigMap, true, "it never becomes ready"},
		{"discovery.k8s.io", "endpointslices", []string{"list"}, "", true, "after an outage of all replicas none becomes ready, if objects are stored as v1alpha1"},
		{"", "pods", []string{"get", "list"}, "", false, "deletions of protected namespaces and some updates are answered 5xx"},
		{"", "podtemplates", []string{"create"}, "", true, "workloads are answered 5xx"},
	}
	for _, name := range n.configurations {
		for _, kind := range []string{"mutatingwebhookconfigurations", "validatingwebhookconfigurations"} {
			rights = append(rights, neededRight{"admissionregistration.k8s.io", kind, read, name, false, "it never becomes ready"})
		}
	}
	return rights
}

// byFeature are those of the features that are on.
func (n needs) byFeature() (rights []neededRight) {
	kinds, read := kindsFor(n.gates), []string{"get", "list", "watch"}
	for _, feature := range []struct {
		on     bool
		rights []neededRight
	}{
		{kinds.WorkloadSpreads, []neededRight{
			{"apps.kruise.io", "workloadspreads", read, "", false, "it never becomes ready"},
			{"apps.kruise.io", "workloadspreads/status", []string{"patch"}, "", false, "pods of WorkloadSpreads are answered 5xx"},
		}},
		{kinds.PodUnavailableBudgets, []neededRight{
			{"policy.kruise.io", "podunavailablebudgets", read, "", false, "it never becomes ready"},
			{"policy.kruise.io", "podunavailablebudgets/status", []string{"patch"}, "", false, "no pod with a budget can be evicted"},
		}},
		{kinds.PodProbeMarkers, []neededRight{{"apps.kruise.io", "podprobemarkers", []string{"list", "watch"}, "", false, "it never becomes ready"}}},
		{n.gates.Enabled(webhook.StatefulSetAutoResizePVCGate), []neededRight{
			{"storage.k8s.io", "storageclasses", []string{"get", "list"}, "", false, "some updates of StatefulSets are answered 5xx"},
		}},
		{n.gates.Enabled(webhook.ResourceDistributionGate), []neededRight{
			{"", "secrets", []string{"create"}, "", true, "ResourceDistributions of Secrets are answered 5xx"},
			{"", "configmaps", []string{"create"}, "", true, "ResourceDistributions of ConfigMaps are answered 5xx"},
		}},
		{n.evicts, []neededRight{{"", "pods/eviction", []string{"create"}, "", false, "--evict-missed evicts nothing"}}},
	} {
		if feature.on {
			rights = append(rights, feature.rights...)
		}
	}
	return rights
}

// ofAuthority are those of a server that makes its own certificates.
func (n needs) ofAuthority() []neededRight {
	rights := []neededRight{{"", "secrets", []string{"get", "list", "watch", "update"}, certs.DefaultSecretName, true, "it has no certificate"}}
	for _, name := range n.configurations {
		for _, kind := range []string{"mutatingwebhookconfigurations", "validatingwebhookconfigurations"} {
			rights = append(rights, neededRight{"admissionregistration.k8s.io", kind, []string{"patch"}, name, false, "its caBundle is not published"})
		}
	}
	for _, crd := range webhook.ConvertedCRDs() {
		rights = append(rights, neededRight{"apiextensions.k8s.io", "customresourcedefinitions", []string{"list", "watch", "patch"}, crd, false, "its caBundle is not published"})
	}
	return rights
}

func (d *doctor) checkRights(ctx context.Context) []check {
	options, unseen := d.serverOptions(ctx)
	gates, err := webhook.ParseGates(options.featureGates)
	if err != nil {
		return []check{isWrong("correct the flags of the Deployment", "--feature-gates of the server: invalid value %q: %s", options.featureGates, oneLine(err.Error()))}
	}
	_, err = d.client.CoreV1().Secrets(d.serverNamespace).Get(ctx, certs.DefaultSecretName, metav1.GetOptions{})
	needed := needs{configurations: d.configurations, selfManaged: err == nil, gates: gates, evicts: options.audit.evict > 0}
	user := fmt.Sprintf("system:serviceaccount:%s:%s", d.serverNamespace, d.serviceAccount)
	var lacks []string
	for _, right := range needed.rights() {
		for _, verb := range right.verbs {
			may, err := d.may(ctx, user, verb, right)
			if err != nil {
				return []check{notTold("the rights of "+user, err)}
			}
			if !may {
				lacks = append(lacks, fmt.Sprintf("%s %s (else %s)", verb, right, right.without))
			}
		}
	}
	if len(lacks) > 0 {
		return []check{isWrong("kubectl apply -f deploy/manifests/10-rbac.yaml, or helm upgrade; under another name give --service-account",
			"%s may not: %s", user, someOf(lacks))}
	}
	if unseen != nil {
		return []check{isOK("%s may do what a server with the default flags needs; those of this one are not known: %s", user, oneLine(unseen.Error()))}
	}
	return []check{isOK("%s may do what the server needs with its flags", user)}
}

func (d *doctor) may(ctx context.Context, user, verb string, right neededRight) (bool, error) {
	resource, subresource, _ := strings.Cut(right.resource, "/")
	attributes := &authorizationv1.ResourceAttributes{Verb: verb, Group: right.group, Resource: resource, Subresource: subresource, Name: right.name}
	if right.own {
		attributes.Namespace = d.serverNamespace
	}
	review, err := d.client.AuthorizationV1().SubjectAccessReviews().Create(ctx, &authorizationv1.SubjectAccessReview{
		Spec: authorizationv1.SubjectAccessReviewSpec{
			User: user, ResourceAttributes: attributes,
			Groups: []string{"system:authenticated", "system:serviceaccounts", "system:serviceaccounts:" + d.serverNamespace},
		},
	}, metav1.CreateOptions{})
	if err != nil {
		return false, err
	}
	return review.Status.Allowed, nil
}
