package workloadspread

// Which WorkloadSpread a pod belongs to: the first one, by name, whose target is the owner of the pod or above it, and whose filter takes the
// pod.

import (
	"context"
	"encoding/json"

	appsv1 "k8s.io/api/apps/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/kruise-admission/kruise-admission/api/apps/v1beta1"
	"github.com/kruise-admission/kruise-admission/api/whitelist"
	"github.com/kruise-admission/kruise-admission/api/workloadspread"
	"github.com/kruise-admission/kruise-admission/decision"
)

// maxOwners bounds how many owners are followed upwards: nobody stacks more, and owners may name each other in a circle.
const maxOwners = 5

// match returns the WorkloadSpread of a pod, nil if it has none.
func (s *Step) match(ctx context.Context, about *newcomer) (*v1beta1.WorkloadSpread, error) {
	controller := metav1.GetControllerOf(about.pod)
	if controller == nil {
		return nil, nil
	}
	above := &ancestry{options: &s.options, namespace: about.namespace, owners: []metav1.OwnerReference{*controller}}
	for _, spread := range s.options.View.WorkloadSpreads(about.namespace) {
		target, ok := workloadspread.TargetOf(spread.Spec.TargetReference)
		if !ok || spread.DeletionTimestamp != nil || !takes(spread.Spec.TargetFilter, about.pod.Labels) {
			continue
		}
		if mine, err := above.has(ctx, target); err != nil || mine {
			return spread, err
		}
	}
	return nil, nil
}

// takes says whether a filter lets a pod through. A selector that is none matches no pod, and neither does one that is invalid.
func takes(filter *v1beta1.TargetFilter, podLabels map[string]string) bool {
	if filter == nil {
		return true
	}
	selector, err := metav1.LabelSelectorAsSelector(filter.Selector)
	return err == nil && selector.Matches(labels.Set(podLabels))
}

// ancestry are the owners of a pod, read one by one while somebody asks for more.
type ancestry struct {
	options   *Options
	namespace string
	owners    []metav1.OwnerReference // the first one is that of the pod
	complete  bool
	list      *whitelist.List // nil: not read yet
}

// has says whether a workload is the owner of the pod or above it.
func (a *ancestry) has(ctx context.Context, target workloadspread.Target) (bool, error) {
	_, builtIn := workloadspread.BuiltIn(target.GroupKind)
	if !builtIn {
		list, err := a.whitelist()
		if err != nil {
			return false, err
		}
		if _, listed := list.Find(target.GroupKind); !listed {
			return false, nil
		}
	}
	for i := 0; ; i++ {
		if i == len(a.owners) {
			if builtIn && !isBelow(kindOf(a.owners[i-1]), target.GroupKind) {
				return false, nil
			}
			if more, err := a.climb(ctx); err != nil || !more {
				return false, err
			}
		}
		if kindOf(a.owners[i]) == target.GroupKind && a.owners[i].Name == target.Name {
			return true, nil
		}
	}
}

// isBelow says whether objects of a kind may be owned by a target of a kind that is built in. Of those only Deployments have workloads below
// them, and these are ReplicaSets.
func isBelow(kind, target schema.GroupKind) bool {
	return kind == appsv1.SchemeGroupVersion.WithKind("ReplicaSet").GroupKind() &&
		target == appsv1.SchemeGroupVersion.WithKind("Deployment").GroupKind()
}

// climb reads the last owner to find its own. more is false at the top.
func (a *ancestry) climb(ctx context.Context) (more bool, err error) {
	if a.complete || a.options.Workloads == nil || len(a.owners) == maxOwners {
		return false, nil
	}
	last := a.owners[len(a.owners)-1]
	kind, readable, err := a.readable(kindOf(last))
	if err != nil {
		return false, err
	}
	a.complete = true
	if !readable {
		return false, nil
	}
	raw, err := a.options.Workloads.Workload(ctx, kind, a.namespace, last.Name)
	if err != nil || raw == nil {
		return false, err
	}
	var owner metav1.PartialObjectMetadata
	if err := json.Unmarshal(raw, &owner); err != nil {
		return false, decision.CannotTell("read the metadata of %s %s/%s: %w", last.Kind, a.namespace, last.Name, err)
	}
	controller := metav1.GetControllerOf(&owner)
	if controller == nil || owner.UID != last.UID { // another object of that name is not the owner
		return false, nil
	}
	a.owners, a.complete = append(a.owners, *controller), false
	return true, nil
}

// readable returns in which version to read an owner. Kinds that are neither built in nor on the white list end the search.
func (a *ancestry) readable(kind schema.GroupKind) (schema.GroupVersionKind, bool, error) {
	if known, ok := workloadspread.BuiltIn(kind); ok {
		return known, true, nil
	}
	list, err := a.whitelist()
	if err != nil {
		return schema.GroupVersionKind{}, false, err
	}
	for _, workload := range list.Workloads {
		if workload.GroupKind() == kind {
			return workload.GroupVersionKind, true, nil
		}
		for _, between := range workload.SubResources {
			if between.GroupKind() == kind {
				return between, true, nil
			}
		}
	}
	return schema.GroupVersionKind{}, false, nil
}

func (a *ancestry) whitelist() (whitelist.List, error) {
	if a.list == nil {
		list, err := whitelist.Read(a.options.View, whitelist.WorkloadSpreadKey)
		if err != nil {
			return whitelist.List{}, decision.CannotTell("whose pod this is: %w", err)
		}
		a.list = &list
	}
	return *a.list, nil
}

// kindOf is the kind of an owner; an apiVersion that is none makes one that nothing has.
func kindOf(owner metav1.OwnerReference) schema.GroupKind {
	return schema.FromAPIVersionAndKind(owner.APIVersion, owner.Kind).GroupKind()
}
