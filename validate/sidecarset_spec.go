package validate

// Rules c3: selectors, update strategy, and that there is something to inject.

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
	"k8s.io/apimachinery/pkg/util/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/kruise-admission/kruise-admission/api/apps/v1beta1"
)

func (c *sidecarSetCheck) spec() {
	spec, path := &c.set.Spec, specPath
	c.nativeSidecarStrategy() // 1
	if spec.Selector == nil { // 2
		c.add(field.Required(path.Child("selector"), "say which pods get the sidecars, for example matchLabels: {app: web}"))
	} else {
		c.selector(spec.Selector, path.Child("selector")) // 3 to 5
	}
	c.namespaces()           // 6
	c.revision()             // 7 to 9
	c.updateStrategy()       // 10 to 15
	if c.nothingToInject() { // 16
		return
	}
	c.containers()       // 17
	c.patchPodMetadata() // 18
}

// nativeSidecarStrategy is rule 1: a native sidecar cannot be updated in a running pod.
func (c *sidecarSetCheck) nativeSidecarStrategy() {
	if c.set.Spec.UpdateStrategy.Type != v1beta1.RollingUpdateSidecarSetStrategyType {
		return
	}
	for i := range c.set.Spec.InitContainers {
		if container := &c.set.Spec.InitContainers[i].Container; isNativeSidecar(container) {
			c.add(field.Required(updateStrategyPath,
				"init containers with restartPolicy: Always cannot be updated in running pods: set type: NotUpdate"))
			return
		}
	}
}

// selector is rules 3 to 5 and 11: a selector must be valid and must not select everything.
func (c *sidecarSetCheck) selector(selector *metav1.LabelSelector, path *field.Path) {
	c.add(labelSelector(selector, path)...)
	if selectsEverything(selector) {
		c.invalid(path, "{}", "must name at least one label or expression: a SidecarSet for everything is refused")
	}
}

// namespaces is rule 6. A v1alpha1 spec.namespace has become a selector by the name label of namespaces; its errors
// name the field that the user wrote.
func (c *sidecarSetCheck) namespaces() {
	if c.sent.namespace != "" {
		path := specPath.Child("namespace")
		for _, message := range validation.IsValidLabelValue(c.sent.namespace) {
			c.add(field.Invalid(path, c.sent.namespace, message))
		}
		return
	}
	if selector := c.set.Spec.NamespaceSelector; selector != nil {
		c.selector(selector, specPath.Child("namespaceSelector"))
	}
}

// updateStrategy is rules 10 to 15, which hold for a RollingUpdate only; OpenKruise does not even look at the name of
// another type.
func (c *sidecarSetCheck) updateStrategy() {
	strategy, path := &c.set.Spec.UpdateStrategy, updateStrategyPath
	if strategy.Type != v1beta1.RollingUpdateSidecarSetStrategyType {
		return
	}
	if strategy.Selector != nil {
		if p := strategy.Partition; p != nil && (p.Type == intstr.String || p.IntVal != 0) { // 10
			c.invalid(path, p.String(), "selector and partition exclude each other: remove one of the two (partition 0 counts as absent)")
		}
		c.selector(strategy.Selector, path.Child("selector")) // 11
	}
	if strategy.Partition != nil { // 12
		c.add(nonNegativeIntOrPercent(*strategy.Partition, path.Child("partition"))...)
	}
	if strategy.MaxUnavailable != nil { // 13
		c.add(nonNegativeIntOrPercent(*strategy.MaxUnavailable, path.Child("maxUnavailable"))...)
	}
	c.add(priorityStrategy(strategy.PriorityStrategy, path.Child("priorityStrategy"))...) // 14
	c.add(scatterStrategy(strategy.ScatterStrategy, path.Child("scatterStrategy"))...)    // 15
}

// nothingToInject is rule 16. Without containers the rules about them have nothing to say.
func (c *sidecarSetCheck) nothingToInject() bool {
	if len(c.set.Spec.InitContainers) > 0 || len(c.set.Spec.Containers) > 0 {
		return false
	}
	c.add(field.Required(specPath.Child("containers"), "a SidecarSet needs at least one container or init container"))
	return true
}
