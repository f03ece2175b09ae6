package validate_test

import (
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kruise-admission/kruise-admission/validate"
)

// FuzzCloneSet holds that any two objects give a decision: an allowance, or a refusal that says why.
func FuzzCloneSet(f *testing.F) {
	for version, object := range cloneSetBase {
		f.Add(version, object, "")
		f.Add(version, object, object)
	}
	f.Add(onlyAlpha, `{"spec":{"updateStrategy":{"type":"InPlaceOnly"},"template":{"spec":{"containers":[null,{"name":"a"}]}}}}`,
		`{"spec":{"template":{"spec":{"containers":[{"name":"a","env":[{}]}],"x":[[1],{"y":null}]}}}}`)
	f.Add(onlyBeta, `{"spec":{"updateStrategy":{"rollingUpdate":{"partition":"NaN%","maxSurge":"Inf%","podUpdatePolicy":"InPlaceOnly"}},"template":null}}`,
		`{"metadata":null,"spec":{"selector":{"matchExpressions":[{}]}}}`)
	f.Add(onlyBeta, `{"spec":{"volumeClaimTemplates":[null,{}],"scaleStrategy":{"podsToDelete":["",""]}}}`, `[]`)
	fuzzReviewers(f, cloneSetKind,
		validate.CloneSet{},
		validate.CloneSet{Templates: always(clusterAnswer{defaulted: `{"spec":{"containers":[{}]}}`}), Defaults: withDefaults, Pods: podsInCluster, ShortHash: true},
		validate.CloneSet{Templates: always(clusterAnswer{causes: []metav1.StatusCause{{Message: "no"}}}), NamesWarnOnly: true},
	)
}
