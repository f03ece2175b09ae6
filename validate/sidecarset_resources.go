package validate

// Rules c4, resourcesPolicy: a sidecar whose resources are computed from those of the pod's containers.

import (
	"fmt"
	"regexp"

	"k8s.io/apimachinery/pkg/api/resource"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/kruise-admission/kruise-admission/api/apps/v1beta1"
	"github.com/kruise-admission/kruise-admission/api/expr"
)

// resourcesPolicy checks the policy of a sidecar. Its targetContainersMode is left to the enum of the CRD.
func (c *sidecarSetCheck) resourcesPolicy(container *v1beta1.SidecarContainer, isInit bool, path *field.Path) {
	policy := container.ResourcesPolicy
	if policy == nil {
		return
	}
	path = path.Child("resourcesPolicy")
	if isInit && !isNativeSidecar(&container.Container) {
		c.invalid(path, container.Name, "an init container may have it only with restartPolicy: Always")
	}
	if len(container.Resources.Limits) > 0 || len(container.Resources.Requests) > 0 {
		c.invalid(path, container.Name, "it computes the resources: remove resources.limits and resources.requests")
		return
	}
	if regex := path.Child("targetContainersNameRegex"); policy.TargetContainersNameRegex == "" {
		c.add(field.Required(regex, "which containers to add up; .* for all"))
	} else if _, err := regexp.Compile(policy.TargetContainersNameRegex); err != nil {
		c.invalid(regex, policy.TargetContainersNameRegex, "is not a regular expression: %v", err)
	}
	expressions := path.Child("resourcesExpr")
	if policy.ResourcesExpr.Limits == nil && policy.ResourcesExpr.Requests == nil {
		c.invalid(expressions, "{}", "limits or requests must be there")
		return
	}
	c.expressions(policy.ResourcesExpr.Limits, expressions.Child("limits"))
	c.expressions(policy.ResourcesExpr.Requests, expressions.Child("requests"))
}

func (c *sidecarSetCheck) expressions(expressions *v1beta1.ResourceExprs, path *field.Path) {
	if expressions == nil {
		return
	}
	c.expression("cpu", expressions.CPU, path)
	c.expression("memory", expressions.Memory, path)
}

// expression checks one expression by its types. OpenKruise evaluates it once with the number 1 instead, which refuses
// memory-100Mi and accepts cpu*cpu and 5abc (quirks 19, 21 and 23).
func (c *sidecarSetCheck) expression(variable, text string, path *field.Path) {
	if text == "" {
		return
	}
	parsed, err := expr.Parse(text)
	if err == nil {
		err = parsed.Check(variable)
	}
	if err == nil {
		err = failsAlways(parsed, variable)
	}
	if err != nil {
		c.invalid(path.Child(variable), text, "%v", err)
	}
}

// typicalAmounts are what the containers of a pod together may have: from next to nothing to more than any node has.
var typicalAmounts = map[string][]resource.Quantity{
	"cpu":    {resource.MustParse("1m"), resource.MustParse("1"), resource.MustParse("1k")},
	"memory": {resource.MustParse("1"), resource.MustParse("1Gi"), resource.MustParse("1Pi")},
}

// failsAlways refuses an expression, such as -cpu, that has no result for any typical amount: every pod would be refused.
func failsAlways(parsed *expr.Expr, variable string) error {
	var failure error
	for _, amount := range typicalAmounts[variable] {
		if _, err := parsed.Eval(amount); err == nil {
			return nil
		} else if failure == nil {
			failure = fmt.Errorf("fails whatever the containers have: %w", err)
		}
	}
	return failure
}
