package main

// Whether the server has the rights without which it does not work.

import (
	"context"
	"fmt"
	"strings"

	authorizationv1 "k8s.io/api/authorization/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kruise-admission/kruise-admission/certs"
	"github.com/kruise-admission/kruise-admission/cluster"
	"github.com/kruise-admission/kruise-admission/webhook"
)

// neededRight is a right of the server, and what does not work without it.
type neededRight struct {
	group, resource string
	verbs           []string
	// name of the one object; empty for all.
	name string
	// own says that it is needed in the server's namespace only.
	own     bool
	without string
}

// neededRights are those of a server whatever its flags are; deploy/manifests/10-rbac.yaml has all, with the features that need the others.
// selfManaged says that the server makes its own certificates.
func neededRights(configurations []string, selfManaged bool) []neededRight {
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
	for _, name := range configurations {
		for _, kind := range []string{"mutatingwebhookconfigurations", "validatingwebhookconfigurations"} {
			rights = append(rights, neededRight{"admissionregistration.k8s.io", kind, read, name, false, "it never becomes ready"})
			if selfManaged {
				rights = append(rights, neededRight{"admissionregistration.k8s.io", kind, []string{"patch"}, name, false, "its caBundle is not published"})
			}
		}
	}
	if !selfManaged {
		return rights
	}
	rights = append(rights, neededRight{"", "secrets", []string{"get", "list", "watch", "update"}, certs.DefaultSecretName, true, "it has no certificate"})
	for _, crd := range webhook.ConvertedCRDs() {
		rights = append(rights, neededRight{"apiextensions.k8s.io", "customresourcedefinitions", []string{"list", "watch", "patch"}, crd, false, "its caBundle is not published"})
	}
	return rights
}

func (d *doctor) checkRights(ctx context.Context) []check {
	_, err := d.client.CoreV1().Secrets(d.serverNamespace).Get(ctx, certs.DefaultSecretName, metav1.GetOptions{})
	user := fmt.Sprintf("system:serviceaccount:%s:%s", d.serverNamespace, d.serviceAccount)
	var lacks []string
	for _, right := range neededRights(d.configurations, err == nil) {
		for _, verb := range right.verbs {
			may, err := d.may(ctx, user, verb, right)
			if err != nil {
				return []check{notTold("the rights of "+user, err)}
			}
			if !may {
				lacks = append(lacks, fmt.Sprintf("%s %s (else %s)", verb, strings.TrimSuffix(right.resource+"."+right.group+" "+right.name, " "), right.without))
			}
		}
	}
	if len(lacks) > 0 {
		return []check{isWrong("kubectl apply -f deploy/manifests/10-rbac.yaml, or helm upgrade; under another name give --service-account",
			"%s may not: %s", user, someOf(lacks))}
	}
	return []check{isOK("%s may do what every server needs", user)}
}

func (d *doctor) may(ctx context.Context, user, verb string, right neededRight) (bool, error) {
	attributes := &authorizationv1.ResourceAttributes{Verb: verb, Group: right.group, Resource: right.resource, Name: right.name}
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
