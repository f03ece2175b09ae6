package validate_test

import (
	"context"
	"encoding/json"

	storagev1 "k8s.io/api/storage/v1"

	"github.com/kruise-admission/kruise-admission/decision"
	"github.com/kruise-admission/kruise-admission/defaults"
	"github.com/kruise-admission/kruise-admission/validate"
)

func init() {
	recordedReviewers["/mutate-apps-kruise-io-statefulset"] = func(_ *universe, gates gates) decision.Reviewer {
		autoDelete, set := gates["StatefulSetAutoDeletePVC"]
		return defaults.StatefulSet{
			NoTemplateDefaults: gates["TemplateNoDefaults"],
			HostPorts:          gates["DefaultHostNetworkHostPortsInPodTemplates"],
			AutoDeletePVC:      autoDelete || !set, // on unless it is switched off
			AutoResizePVC:      gates["StatefulSetAutoResizePVCGate"],
		}
	}
	recordedReviewers["/validate-apps-kruise-io-statefulset"] = func(u *universe, gates gates) decision.Reviewer {
		return validate.StatefulSet{
			Defaults:       templateDefaults(gates),
			StorageClasses: recordedStorageClasses{u},
			AutoResizePVC:  gates["StatefulSetAutoResizePVCGate"],
		}
	}
	recordedReviewers["/mutate-apps-kruise-io-daemonset"] = func(*universe, gates) decision.Reviewer { return defaults.DaemonSet{} }
	recordedReviewers["/validate-apps-kruise-io-daemonset"] = func(_ *universe, gates gates) decision.Reviewer {
		return validate.DaemonSet{Defaults: templateDefaults(gates)}
	}
}

func templateDefaults(gates gates) func(json.RawMessage) (json.RawMessage, error) {
	return func(template json.RawMessage) (json.RawMessage, error) {
		return defaults.PodTemplate(template, gates["DefaultHostNetworkHostPortsInPodTemplates"])
	}
}

// recordedStorageClasses are the storage classes of the universe.
type recordedStorageClasses struct{ universe *universe }

func (c recordedStorageClasses) StorageClass(_ context.Context, name string) (*storagev1.StorageClass, error) {
	return c.first(func(class *storagev1.StorageClass) bool { return class.Name == name })
}

// DefaultStorageClass relies on the universe having no more than one.
func (c recordedStorageClasses) DefaultStorageClass(context.Context) (*storagev1.StorageClass, error) {
	return c.first(func(class *storagev1.StorageClass) bool {
		return class.Annotations["storageclass.kubernetes.io/is-default-class"] == "true"
	})
}

func (c recordedStorageClasses) first(is func(*storagev1.StorageClass) bool) (*storagev1.StorageClass, error) {
	for _, object := range c.universe.objects["StorageClass"] {
		class := &storagev1.StorageClass{}
		if err := json.Unmarshal(object, class); err != nil {
			return nil, err
		}
		if is(class) {
			return class, nil
		}
	}
	return nil, nil
}
