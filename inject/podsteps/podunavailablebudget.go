package podsteps

// Which PodUnavailableBudget protects a pod (spec/pod-other.md 1.5). The pod carries its name from birth, and is asked for it when somebody
// wants to delete, evict or update it.

import (
	"context"
	"encoding/json"
	"strings"

	appsv1 "k8s.io/api/apps/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	policyv1beta1 "github.com/kruise-admission/kruise-admission/api/policy/v1beta1"
	"github.com/kruise-admission/kruise-admission/decision"
	"github.com/kruise-admission/kruise-admission/inject"
)

func (p *Pipeline) podUnavailableBudget(ctx context.Context, d *draft) error {
	if !p.options.PodUnavailableBudgets {
		return nil
	}
	// What is pending changes neither labels nor owners.
	budget, err := p.budgetOf(ctx, d, d.read)
	if err != nil || budget == nil {
		return err
	}
	d.because = budget.Name
	d.annotate(map[string]string{
		policyv1beta1.RelatedPubAnnotation: budget.Name, policyv1beta1.LegacyRelatedPubAnnotation: budget.Name,
	})
	return nil
}

// budgetOf finds the first budget that is for the pod: for its workload, or for its labels.
func (p *Pipeline) budgetOf(ctx context.Context, d *draft, pod inject.Pod) (*policyv1beta1.PodUnavailableBudget, error) {
	budgets := p.options.View.PodUnavailableBudgets(pod.Namespace())
	if len(budgets) == 0 {
		return nil, nil
	}
	workload, resolved := pod.Controller(), false
	for _, budget := range budgets {
		target := budget.Spec.TargetReference
		if target == nil || workload == (inject.Owner{}) {
			selector, err := metav1.LabelSelectorAsSelector(budget.Spec.Selector)
			if err != nil {
				d.warn("PodUnavailableBudget", budget.Name, "it is ignored, because its selector is invalid: %v", err)
			} else if !selector.Empty() && selector.Matches(pod.Labels()) {
				return budget, nil
			}
			continue
		}
		if !resolved && mayBeDeployed(workload, target) {
			var err error
			if workload, err = p.deploymentOf(ctx, pod.Namespace(), workload); err != nil {
				return nil, err
			}
			resolved = true
		}
		if workload.Is(target.APIVersion, target.Kind, target.Name) {
			return budget, nil
		}
	}
	return nil, nil
}

// mayBeDeployed says whether it takes a look at the ReplicaSet to find out that its Deployment is not the target: Deployments name their
// ReplicaSets after themselves.
func mayBeDeployed(owner inject.Owner, target *policyv1beta1.TargetReference) bool {
	return owner.Kind == "ReplicaSet" && owner.Group() == appsv1.GroupName && strings.HasPrefix(owner.Name, target.Name)
}

// deploymentOf gives the workload of a ReplicaSet's pods: its controller, or itself when it has none. A failed look-up must not leave
// the pod without protection for good, as it does in OpenKruise: it is an error, and the controller that wanted the pod tries again.
func (p *Pipeline) deploymentOf(ctx context.Context, namespace string, replicaSet inject.Owner) (inject.Owner, error) {
	if p.options.Workloads == nil {
		return replicaSet, nil
	}
	raw, err := p.options.Workloads.Workload(ctx, appsv1.SchemeGroupVersion.WithKind("ReplicaSet"), namespace, replicaSet.Name)
	if err != nil || raw == nil {
		return replicaSet, err
	}
	var object metav1.PartialObjectMetadata
	if err := json.Unmarshal(raw, &object); err != nil {
		return replicaSet, decision.CannotTell("read the metadata of ReplicaSet %s/%s: %w", namespace, replicaSet.Name, err)
	}
	controller := metav1.GetControllerOf(&object)
	if controller == nil {
		return replicaSet, nil
	}
	return inject.Owner{APIVersion: controller.APIVersion, Kind: controller.Kind, Name: controller.Name}, nil
}
