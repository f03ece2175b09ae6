package validate_test

import (
	"context"
	"encoding/json"

	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/kruise-admission/kruise-admission/api/apps/v1beta1"
	"github.com/kruise-admission/kruise-admission/api/convert"
	"github.com/kruise-admission/kruise-admission/decision"
	"github.com/kruise-admission/kruise-admission/validate"
)

func init() {
	reviewer := func(u *universe, gates gates) decision.Reviewer {
		on, set := gates["WorkloadSpread"]
		return validate.WorkloadSpread{Cluster: recordedSpreads{u}, Workloads: recordedWorkloads{u}, Disabled: set && !on}
	}
	recordedReviewers["/validate-apps-kruise-io-workloadspread"] = reviewer
}

// recordedSpreads are the WorkloadSpreads and the settings of the universe.
type recordedSpreads struct{ *universe }

func (s recordedSpreads) WorkloadSpreads(namespace string) (spreads []*v1beta1.WorkloadSpread) {
	for _, object := range s.objects["WorkloadSpread"] {
		converted, err := convert.Object(object, v1beta1.GroupVersion.String())
		if err != nil {
			panic(err)
		}
		spread := &v1beta1.WorkloadSpread{}
		if err := json.Unmarshal(converted, spread); err != nil {
			panic(err)
		}
		if spread.Namespace == namespace {
			spreads = append(spreads, spread)
		}
	}
	return spreads
}

// recordedWorkloads are the objects of the universe, in the version in which they were stored.
type recordedWorkloads struct{ *universe }

func (w recordedWorkloads) Workload(_ context.Context, kind schema.GroupVersionKind, namespace, name string) (json.RawMessage, error) {
	for _, object := range w.objects[kind.Kind] {
		var header struct {
			APIVersion string
			Metadata   struct{ Namespace, Name string }
		}
		if err := json.Unmarshal(object, &header); err != nil {
			return nil, err
		}
		version, err := schema.ParseGroupVersion(header.APIVersion)
		if err != nil {
			return nil, err
		}
		if version.Group == kind.Group && header.Metadata.Namespace == namespace && header.Metadata.Name == name {
			return object, nil
		}
	}
	return nil, nil
}
