package podsteps

// Where a pod goes that has been before (spec/pod-other.md 1.6): OpenKruise's controller remembers labels of the node of each pod, by its name.

import (
	"context"
	"encoding/json"
	"slices"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	kjson "sigs.k8s.io/json"

	"github.com/kruise-admission/kruise-admission/api/apps/v1beta1"
	"github.com/kruise-admission/kruise-admission/api/whitelist"
	"github.com/kruise-admission/kruise-admission/decision"
	"github.com/kruise-admission/kruise-admission/inject"
)

// injectedStateAnnotation names, on a pod, the PersistentPodState that brought it back to where it was.
const injectedStateAnnotation = "kruise.io/injected-persistent-pod-state"

func (p *Pipeline) persistentPodState(_ context.Context, d *draft) error {
	object, err := p.stateOf(d.read)
	if err != nil || object == nil {
		return err
	}
	labels := object.Status.PodStates[d.read.Name()].NodeTopologyLabels
	required, preferred := requiredLabels(object, labels), preferredTerms(object, labels)
	if len(required)+len(preferred) == 0 || absent(d.read.Spec()) {
		return nil // without a spec, the API server refuses the pod
	}
	e := d.editAside()
	if err := e.merge(required, "spec", "nodeSelector"); err != nil {
		return err
	}
	if err := e.prefer(preferred); err != nil {
		return err
	}
	d.because = object.Name
	e.done()
	d.annotate(map[string]string{injectedStateAnnotation: object.Name})
	return nil
}

// stateOf finds the object that remembers the pod; nil when there is none. The list of further kinds of workloads is read only for a pod whose
// workload an object names: if it cannot be read, that stops these pods and no others.
func (p *Pipeline) stateOf(pod inject.Pod) (*v1beta1.PersistentPodState, error) {
	states := p.options.View.PersistentPodStates(pod.Namespace())
	if len(states) == 0 || pod.Name() == "" {
		return nil, nil
	}
	owner := pod.Controller()
	i := slices.IndexFunc(states, func(s *v1beta1.PersistentPodState) bool {
		target := s.Spec.TargetReference
		return s.DeletionTimestamp == nil && owner.Is(target.APIVersion, target.Kind, target.Name)
	})
	if i < 0 {
		return nil, nil
	}
	kind := schema.GroupKind{Group: owner.Group(), Kind: owner.Kind}
	if kind.Kind == "StatefulSet" && (kind.Group == appsv1.GroupName || kind.Group == v1beta1.GroupVersion.Group) {
		return states[i], nil
	}
	list, err := whitelist.Read(p.options.View, whitelist.PersistentPodStateKey)
	if err != nil {
		return nil, decision.CannotTell("find out whether PersistentPodState %q is for pods of a %s: %w", states[i].Name, owner.Kind, err)
	}
	if _, allowed := list.Find(kind); !allowed {
		return nil, nil
	}
	return states[i], nil
}

// requiredLabels are those of the node that the pod must find again.
func requiredLabels(object *v1beta1.PersistentPodState, labels map[string]string) map[string]string {
	required := map[string]string{}
	if object.Spec.RequiredPersistentTopology != nil {
		for _, key := range object.Spec.RequiredPersistentTopology.Keys {
			if value, ok := labels[key]; ok {
				required[key] = value
			}
		}
	}
	return required
}

// preferredTerms are what is preferred in a node. A preference of which nothing is remembered would say nothing, and is left out.
func preferredTerms(object *v1beta1.PersistentPodState, labels map[string]string) (terms []corev1.PreferredSchedulingTerm) {
	for _, preferred := range object.Spec.PreferredPersistentTopology {
		var expressions []corev1.NodeSelectorRequirement
		for _, key := range preferred.Preference.Keys {
			if value, ok := labels[key]; ok {
				expressions = append(expressions, corev1.NodeSelectorRequirement{Key: key, Operator: corev1.NodeSelectorOpIn, Values: []string{value}})
			}
		}
		if len(expressions) > 0 {
			terms = append(terms, corev1.PreferredSchedulingTerm{
				Weight: preferred.Weight, Preference: corev1.NodeSelectorTerm{MatchExpressions: expressions},
			})
		}
	}
	return terms
}

// prefer appends preferences for nodes, apart from those that are there already.
func (e *edit) prefer(terms []corev1.PreferredSchedulingTerm) error {
	path := []string{"spec", "affinity", "nodeAffinity", "preferredDuringSchedulingIgnoredDuringExecution"}
	_, list, err := e.find(path)
	if err != nil {
		return err
	}
	var present []any
	if list != nil {
		if err := decode(list, path, &present); err != nil {
			return err
		}
	}
	// Compared by their encoding, which has its members sorted: of both lists may be thousands.
	known := make(map[string]bool, len(present))
	for _, have := range present {
		known[string(encode(have))] = true
	}
	var missing []json.RawMessage
	for _, term := range terms {
		wanted := encode(term)
		if text := string(encode(treeOf(wanted))); !known[text] {
			known[text] = true
			missing = append(missing, wanted)
		}
	}
	if len(missing) == 0 {
		return nil
	}
	return e.append(missing, path...)
}

// treeOf gives the meaning of a JSON text; nil, which is that of null, if there is none.
func treeOf(text json.RawMessage) (tree any) {
	if kjson.UnmarshalCaseSensitivePreserveInts(text, &tree) != nil {
		return nil
	}
	return tree
}
