package validate

// A UnitedDeployment as the rules see it. What a user writes is the same in both versions, so there is one shape and one way to spell it.

import (
	"encoding/json"

	"k8s.io/apimachinery/pkg/api/equality"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/validation/field"
	kjson "sigs.k8s.io/json"

	"github.com/kruise-admission/kruise-admission/api/apps/v1alpha1"
	"github.com/kruise-admission/kruise-admission/api/apps/v1beta1"
)

// unitedDeployment has the pods and claims of its template, if there is exactly one.
type unitedDeployment struct {
	workload
	spec v1beta1.UnitedDeploymentSpec
	// workloads are the templates that are set, in the order in which OpenKruise looks at them; one is the only one, or nil.
	workloads []*subsetWorkload
	one       *subsetWorkload
}

// subsetWorkload is a template for the workload of a subset.
type subsetWorkload struct {
	// member is the member of spec.template, path is where it is.
	member string
	path   *field.Path
	// labels are those of the workload itself.
	labels map[string]string
	// replicas must not be set, because they are the subset's.
	replicas *int32
}

// readUnitedDeployment reads a UnitedDeployment of the version that the request names. Errors are for the user.
func readUnitedDeployment(version string, raw []byte) (*unitedDeployment, error) {
	read, err := readAsBeta(version, "UnitedDeployment", raw, &v1alpha1.UnitedDeployment{})
	if err != nil {
		return nil, err
	}
	united := &unitedDeployment{spec: read.Spec}
	united.meta = read.ObjectMeta
	united.kind, united.selector = "UnitedDeployment", united.spec.Selector
	united.readTemplate()
	if united.one == nil {
		return united, nil
	}
	united.template, err = sentSubsetTemplate(raw, united.one.member)
	return united, err
}

// readTemplate fills in what the rules need of the template.
func (u *unitedDeployment) readTemplate() {
	add := func(member string, meta *metav1.ObjectMeta, replicas *int32) {
		u.workloads = append(u.workloads, &subsetWorkload{
			member: member, path: templatePath.Child(member), labels: meta.Labels, replicas: replicas,
		})
	}
	template := &u.spec.Template
	if set := template.StatefulSetTemplate; set != nil {
		add("statefulSetTemplate", &set.ObjectMeta, set.Spec.Replicas)
		u.pods, u.claims = set.Spec.Template, set.Spec.VolumeClaimTemplates
	}
	if set := template.AdvancedStatefulSetTemplate; set != nil {
		add("advancedStatefulSetTemplate", &set.ObjectMeta, set.Spec.Replicas)
		u.pods, u.claims = set.Spec.Template, set.Spec.VolumeClaimTemplates
	}
	if set := template.CloneSetTemplate; set != nil {
		add("cloneSetTemplate", &set.ObjectMeta, set.Spec.Replicas)
		u.pods, u.claims = set.Spec.Template, set.Spec.VolumeClaimTemplates
	}
	if deployment := template.DeploymentTemplate; deployment != nil {
		add("deploymentTemplate", &deployment.ObjectMeta, deployment.Spec.Replicas)
		u.pods = deployment.Spec.Template
	}
	if len(u.workloads) == 1 {
		u.one = u.workloads[0]
		u.templateAt = u.one.path.Child("spec", "template")
	}
}

// sentSubsetTemplate returns the pod template of a member of spec.template as it was sent; an empty one if there is none.
func sentSubsetTemplate(raw []byte, member string) (json.RawMessage, error) {
	var sent struct {
		Spec struct {
			Template map[string]json.RawMessage `json:"template"`
		} `json:"spec"`
	}
	if err := kjson.UnmarshalCaseSensitivePreserveInts(raw, &sent); err != nil {
		return nil, err
	}
	return sentTemplate(sent.Spec.Template[member]) // which has a spec with a template, as a workload has
}

// base returns what other kinds have, too; nil for nil.
func (u *unitedDeployment) base() *workload {
	if u == nil {
		return nil
	}
	return &u.workload
}

// sameUnitedDeploymentSpec reports whether an update leaves the spec alone, spelling apart.
func sameUnitedDeploymentSpec(united, old *unitedDeployment) bool {
	return equality.Semantic.DeepEqual(united.spec, old.spec) && (united.one == nil || samePodSpec(united.base(), old.base()))
}
