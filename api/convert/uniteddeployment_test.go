package convert_test

import (
	"math/rand"
	"strings"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kruise-admission/kruise-admission/api/apps/v1alpha1"
	"github.com/kruise-admission/kruise-admission/api/apps/v1beta1"
	"github.com/kruise-admission/kruise-admission/api/convert"
)

func init() {
	kinds = append(kinds, versions{
		kind:     "UnitedDeployment",
		newAlpha: func() metav1.Object { return &v1alpha1.UnitedDeployment{} },
		newBeta:  func() metav1.Object { return &v1beta1.UnitedDeployment{} },
		up: func(alpha metav1.Object) metav1.Object {
			beta := &v1beta1.UnitedDeployment{}
			must(alpha.(*v1alpha1.UnitedDeployment).ConvertTo(beta))
			return beta
		},
		down: func(beta metav1.Object) metav1.Object {
			alpha := &v1alpha1.UnitedDeployment{}
			must(alpha.ConvertFrom(beta.(*v1beta1.UnitedDeployment)))
			return alpha
		},
		keepAlpha: func(object metav1.Object, r *rand.Rand) {
			// The maps of v1alpha1 repeat what subsets say.
			status := &object.(*v1alpha1.UnitedDeployment).Status
			status.SubsetReplicas, status.UpdateStatus = nil, pick(r, nil, &v1alpha1.UpdateStatus{UpdatedRevision: "r"})
			if status.SubsetStatuses = distinct(status.SubsetStatuses); len(status.SubsetStatuses) == 0 {
				return
			}
			status.SubsetReplicas = map[string]int32{}
			status.UpdateStatus = &v1alpha1.UpdateStatus{UpdatedRevision: pick(r, "", "r"), CurrentPartitions: map[string]int32{}}
			for _, subset := range status.SubsetStatuses {
				status.SubsetReplicas[subset.Name] = subset.Replicas
				status.UpdateStatus.CurrentPartitions[subset.Name] = subset.Partition
			}
		},
		keepBeta: func(object metav1.Object, _ *rand.Rand) {
			status := &object.(*v1beta1.UnitedDeployment).Status
			status.SubsetStatuses = distinct(status.SubsetStatuses)
		},
	})
}

// distinct returns the first subset of each name.
func distinct(subsets []v1beta1.UnitedDeploymentSubsetStatus) []v1beta1.UnitedDeploymentSubsetStatus {
	var kept []v1beta1.UnitedDeploymentSubsetStatus
	seen := map[string]bool{}
	for _, subset := range subsets {
		if !seen[subset.Name] {
			kept = append(kept, subset)
		}
		seen[subset.Name] = true
	}
	return kept
}

func TestUnitedDeployment(t *testing.T) {
	for _, test := range []struct {
		name, alpha, beta string
		oneWay            string // "up"; empty: both ways
	}{{
		name:  "what the user writes is the same",
		alpha: `"metadata":{"name":"u"},"spec":{"replicas":1,"template":{"cloneSetTemplate":{"spec":{"updateStrategy":{"type":"OnDelete"}}}}}`,
		beta:  `"metadata":{"name":"u"},"spec":{"replicas":1,"template":{"cloneSetTemplate":{"spec":{"updateStrategy":{"type":"OnDelete"}}}}}`,
	}, {
		name: "the maps repeat what subsets say",
		alpha: `"status":{"subsetReplicas":{"a":1,"b":0},"updateStatus":{"updatedRevision":"r2","currentPartitions":{"a":0,"b":3}},
			"subsetStatuses":[{"name":"a","replicas":1,"new":{"x":1}},{"name":"b","partition":3}]}`,
		beta: `"status":{"updatedRevision":"r2","subsetStatuses":[{"name":"a","replicas":1,"new":{"x":1}},{"name":"b","partition":3}]}`,
	}, {
		name: "the maps are right, and may name more",
		alpha: `"status":{"subsetReplicas":{"c":3,"a":1,"d":0},"updateStatus":{"currentPartitions":{"a":0,"c":4}},
			"subsetStatuses":[null,{"name":"a","replicas":2,"partition":9,"readyReplicas":1}]}`,
		beta:   `"status":{"subsetStatuses":[null,{"name":"a","replicas":1,"partition":0,"readyReplicas":1},{"name":"c","replicas":3,"partition":4},{"name":"d"}]}`,
		oneWay: "up",
	}, {
		name:   "null is absent",
		alpha:  `"status":{"subsetReplicas":null,"updateStatus":null,"subsetStatuses":null}`,
		beta:   `"status":{"updateStatus":null,"subsetStatuses":null}`,
		oneWay: "up",
	}, {
		name:  "only the revision",
		alpha: `"status":{"updateStatus":{"updatedRevision":"r2"}}`,
		beta:  `"status":{"updatedRevision":"r2"}`,
	}} {
		t.Run(test.name, func(t *testing.T) {
			older := `{"apiVersion":"` + alpha + `","kind":"UnitedDeployment",` + test.alpha + `}`
			newer := `{"apiVersion":"` + beta + `","kind":"UnitedDeployment",` + test.beta + `}`
			expect(t, older, beta, newer)
			if test.oneWay == "" {
				expect(t, newer, alpha, older)
			}
		})
	}
}

func TestUnitedDeploymentRefuses(t *testing.T) {
	for _, test := range []struct{ status, from, to, message string }{
		{`{"subsetReplicas":{"a":"1"}}`, alpha, beta, "status.subsetReplicas is not an object of integers"},
		{`{"updateStatus":{"currentPartitions":[]}}`, alpha, beta, "status.updateStatus.currentPartitions is not an object of integers"},
		{`{"subsetStatuses":{}}`, beta, alpha, "status.subsetStatuses is not a list"},
		{`{"subsetStatuses":["a"]}`, beta, alpha, "status.subsetStatuses[0] is not an object"},
		{`{"subsetStatuses":[{"name":1}]}`, beta, alpha, "status.subsetStatuses[0].name is not a string"},
		{`{"subsetStatuses":[{},{"partition":9999999999}]}`, beta, alpha, "status.subsetStatuses[1].partition is not an integer"},
	} {
		_, err := convert.Object([]byte(`{"apiVersion":"`+test.from+`","kind":"UnitedDeployment","status":`+test.status+`}`), test.to)
		if err == nil || !strings.Contains(err.Error(), test.message) {
			t.Errorf("%s: error %v, want %q", test.status, err, test.message)
		}
	}
}
