package convert_test

import (
	"math/rand"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kruise-admission/kruise-admission/api/apps/v1alpha1"
	"github.com/kruise-admission/kruise-admission/api/apps/v1beta1"
)

func init() {
	kinds = append(kinds, versions{
		kind:     "ResourceDistribution",
		newAlpha: func() metav1.Object { return &v1alpha1.ResourceDistribution{} },
		newBeta:  func() metav1.Object { return &v1beta1.ResourceDistribution{} },
		up: func(alpha metav1.Object) metav1.Object {
			beta := &v1beta1.ResourceDistribution{}
			must(alpha.(*v1alpha1.ResourceDistribution).ConvertTo(beta))
			return beta
		},
		down: func(beta metav1.Object) metav1.Object {
			alpha := &v1alpha1.ResourceDistribution{}
			must(alpha.ConvertFrom(beta.(*v1beta1.ResourceDistribution)))
			return alpha
		},
		keepAlpha: func(metav1.Object, *rand.Rand) {},
		keepBeta:  func(metav1.Object, *rand.Rand) {},
	})
}

func TestResourceDistribution(t *testing.T) {
	older := `{"apiVersion":"` + alpha + `","kind":"ResourceDistribution","spec":{
		"resource":{"apiVersion":"v1","kind":"Secret","namespaceLabelSelector":{"stays":1.50}},
		"targets":{"allNamespaces":true,"namespaceLabelSelector":{"matchLabels":{"a":"b"}}}},
		"status":{"desired":3,"conditions":[{"type":"ConflictOccurred","status":"True","failedNamespace":["shop"]},{"type":"GetResourceFailed","status":"False"}]}}`
	newer := `{"apiVersion":"` + beta + `","kind":"ResourceDistribution","spec":{
		"resource":{"apiVersion":"v1","kind":"Secret","namespaceLabelSelector":{"stays":1.50}},
		"targets":{"allNamespaces":true,"namespaceSelector":{"matchLabels":{"a":"b"}}}},
		"status":{"desired":3,"conditions":[{"type":"ConflictOccurred","status":"True","failedNamespaces":["shop"]},{"type":"GetResourceFailed","status":"False"}]}}`
	expect(t, older, beta, newer)
	expect(t, newer, alpha, older)
}
