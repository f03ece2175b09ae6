package validate

// Where a pod may run: node selector, tolerations, gates, spreading and affinity.

import (
	"fmt"

	corev1 "k8s.io/api/core/v1"
	metav1validation "k8s.io/apimachinery/pkg/apis/meta/v1/validation"
	"k8s.io/apimachinery/pkg/util/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"
)

func (c *podChecker) scheduling(spec *corev1.PodSpec, path *field.Path) {
	c.addAll(metav1validation.ValidateLabels(spec.NodeSelector, path.Child("nodeSelector")))
	for i := range spec.Tolerations {
		c.toleration(&spec.Tolerations[i], path.Child("tolerations").Index(i))
	}
	for i, gate := range spec.ReadinessGates {
		c.invalid(path.Child("readinessGates").Index(i).Child("conditionType"), gate.ConditionType,
			validation.IsQualifiedName(string(gate.ConditionType))...)
	}
	seen := map[string]bool{}
	for i, gate := range spec.SchedulingGates {
		at := path.Child("schedulingGates").Index(i)
		c.invalid(at, gate.Name, validation.IsQualifiedName(gate.Name)...)
		if seen[gate.Name] {
			c.add(field.Duplicate(at, gate.Name))
		}
		seen[gate.Name] = true
	}
	c.spread(spec.TopologySpreadConstraints, path.Child("topologySpreadConstraints"))
	if spec.Affinity != nil {
		c.affinity(spec.Affinity, path.Child("affinity"))
	}
}

func (c *podChecker) toleration(toleration *corev1.Toleration, path *field.Path) {
	if toleration.Key != "" {
		c.addAll(metav1validation.ValidateLabelName(toleration.Key, path.Child("key")))
	} else if toleration.Operator != corev1.TolerationOpExists {
		c.invalid(path.Child("operator"), toleration.Operator, "must be Exists when key is empty: that tolerates every taint")
	}
	if toleration.TolerationSeconds != nil && toleration.Effect != corev1.TaintEffectNoExecute {
		c.invalid(path.Child("effect"), toleration.Effect, "must be NoExecute when tolerationSeconds is set")
	}
	switch toleration.Operator {
	case corev1.TolerationOpEqual, "":
		c.invalid(path.Child("value"), toleration.Value, validation.IsValidLabelValue(toleration.Value)...)
	case corev1.TolerationOpExists:
		if toleration.Value != "" {
			c.invalid(path.Child("value"), toleration.Value, "must be empty when operator is Exists")
		}
	case corev1.TolerationOpLt, corev1.TolerationOpGt:
		// Numbers are compared since Kubernetes 1.35, behind a feature gate: the cluster decides.
	default:
		c.add(field.NotSupported(path.Child("operator"), toleration.Operator,
			[]corev1.TolerationOperator{corev1.TolerationOpEqual, corev1.TolerationOpExists}))
	}
	switch toleration.Effect {
	case "", corev1.TaintEffectNoSchedule, corev1.TaintEffectPreferNoSchedule, corev1.TaintEffectNoExecute:
	default:
		c.add(field.NotSupported(path.Child("effect"), toleration.Effect, []corev1.TaintEffect{
			corev1.TaintEffectNoSchedule, corev1.TaintEffectPreferNoSchedule, corev1.TaintEffectNoExecute}))
	}
}

func (c *podChecker) spread(constraints []corev1.TopologySpreadConstraint, path *field.Path) {
	type pair struct {
		key    string
		action corev1.UnsatisfiableConstraintAction
	}
	seen := map[pair]bool{}
	for i, constraint := range constraints {
		at := path.Index(i)
		if constraint.MaxSkew <= 0 {
			c.invalid(at.Child("maxSkew"), constraint.MaxSkew, "must be more than 0")
		}
		if constraint.TopologyKey == "" {
			c.required(at.Child("topologyKey"), "the node label to spread over, such as topology.kubernetes.io/zone")
		}
		switch constraint.WhenUnsatisfiable {
		case corev1.DoNotSchedule, corev1.ScheduleAnyway:
		default:
			c.add(field.NotSupported(at.Child("whenUnsatisfiable"), constraint.WhenUnsatisfiable,
				[]corev1.UnsatisfiableConstraintAction{corev1.DoNotSchedule, corev1.ScheduleAnyway}))
		}
		key := pair{constraint.TopologyKey, constraint.WhenUnsatisfiable}
		if seen[key] {
			c.add(field.Duplicate(at, fmt.Sprintf("{%s, %s}", key.key, key.action)))
		}
		seen[key] = true
		if domains := constraint.MinDomains; domains != nil {
			if *domains <= 0 {
				c.invalid(at.Child("minDomains"), *domains, "must be more than 0")
			}
			if constraint.WhenUnsatisfiable != corev1.DoNotSchedule {
				c.invalid(at.Child("minDomains"), *domains, "needs whenUnsatisfiable: DoNotSchedule")
			}
		}
	}
}

// affinity checks weights, topology keys and that required terms exist. Values of selectors are left to the API server,
// which tolerates wrong ones in some places.
func (c *podChecker) affinity(affinity *corev1.Affinity, path *field.Path) {
	const required, preferred = "requiredDuringSchedulingIgnoredDuringExecution", "preferredDuringSchedulingIgnoredDuringExecution"
	if node := affinity.NodeAffinity; node != nil {
		at := path.Child("nodeAffinity")
		if selector := node.RequiredDuringSchedulingIgnoredDuringExecution; selector != nil && len(selector.NodeSelectorTerms) == 0 {
			c.required(at.Child(required, "nodeSelectorTerms"), "at least one term: without one no node is selected")
		}
		for i, term := range node.PreferredDuringSchedulingIgnoredDuringExecution {
			c.weight(term.Weight, at.Child(preferred).Index(i))
		}
	}
	pods := func(requiredTerms []corev1.PodAffinityTerm, weighted []corev1.WeightedPodAffinityTerm, at *field.Path) {
		for i, term := range requiredTerms {
			c.topologyKey(term.TopologyKey, at.Child(required).Index(i))
		}
		for i, term := range weighted {
			c.weight(term.Weight, at.Child(preferred).Index(i))
			c.topologyKey(term.PodAffinityTerm.TopologyKey, at.Child(preferred).Index(i).Child("podAffinityTerm"))
		}
	}
	if pod := affinity.PodAffinity; pod != nil {
		pods(pod.RequiredDuringSchedulingIgnoredDuringExecution, pod.PreferredDuringSchedulingIgnoredDuringExecution, path.Child("podAffinity"))
	}
	if pod := affinity.PodAntiAffinity; pod != nil {
		pods(pod.RequiredDuringSchedulingIgnoredDuringExecution, pod.PreferredDuringSchedulingIgnoredDuringExecution, path.Child("podAntiAffinity"))
	}
}

func (c *podChecker) weight(weight int32, path *field.Path) {
	if weight < 1 || weight > 100 {
		c.invalid(path.Child("weight"), weight, "must be between 1 and 100")
	}
}

func (c *podChecker) topologyKey(key string, path *field.Path) {
	if key == "" {
		c.required(path.Child("topologyKey"), "the node label that groups nodes, such as kubernetes.io/hostname")
		return
	}
	c.addAll(metav1validation.ValidateLabelName(key, path.Child("topologyKey")))
}
