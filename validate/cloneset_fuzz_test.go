package validate_test

import (
	"context"
	"testing"

	admissionv1 "k8s.io/api/admission/v1"
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
	reviewers := []validate.CloneSet{
		{},
		{Templates: always(clusterAnswer{defaulted: `{"spec":{"containers":[{}]}}`}), Defaults: withDefaults, Pods: podsInCluster, ShortHash: true},
		{Templates: always(clusterAnswer{causes: []metav1.StatusCause{{Message: "no"}}}), NamesWarnOnly: true},
	}
	f.Fuzz(func(t *testing.T, version, object, old string) {
		request := &admissionv1.AdmissionRequest{
			Operation: admissionv1.Create,
			Resource:  metav1.GroupVersionResource{Group: "apps.kruise.io", Version: version, Resource: "clonesets"},
		}
		request.Object.Raw = []byte(object)
		if old != "" {
			request.Operation, request.OldObject.Raw = admissionv1.Update, []byte(old)
		}
		for _, reviewer := range reviewers {
			answer, err := reviewer.Review(context.Background(), request)
			if err != nil {
				t.Fatalf("cannot tell: %v", err)
			}
			if !answer.Allowed && (answer.Message == "" || answer.Code == 0) {
				t.Errorf("refused without a reason: %+v", answer)
			}
		}
	})
}
