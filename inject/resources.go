package inject

import (
	"encoding/json"
	"fmt"
	"regexp"
	"slices"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kruise-admission/kruise-admission/api/apps/v1beta1"
	"github.com/kruise-admission/kruise-admission/api/expr"
)

// resourcesPolicy computes the resources of a sidecar from those of the pod's containers (spec/inject.md 7).
type resourcesPolicy struct {
	field       string // its path in the SidecarSet
	mode        v1beta1.TargetContainersModeType
	targets     *regexp.Regexp
	targetsErr  error
	expressions []resourceExpression
	claims      []corev1.ResourceClaim // kept; OpenKruise loses them (quirk 18)
}

// exprVariable finds the variables of an expression.
var exprVariable = regexp.MustCompile(`(?i)cpu|memory`)

type resourceExpression struct {
	field    string // such as resourcesExpr.limits.cpu
	limit    bool
	name     corev1.ResourceName
	text     string
	constant bool // it uses no variable
	expr     *expr.Expr
	err      error // syntax; matters only when the expression is evaluated
}

func compileResourcesPolicy(typed *v1beta1.ResourcesPolicy, container string, claims []corev1.ResourceClaim) *resourcesPolicy {
	if typed == nil {
		return nil
	}
	p := &resourcesPolicy{field: container + ".resourcesPolicy", mode: typed.TargetContainersMode, claims: claims}
	p.targets, p.targetsErr = regexp.Compile(typed.TargetContainersNameRegex)
	add := func(kind string, expressions *v1beta1.ResourceExprs) {
		if expressions == nil {
			return
		}
		for _, e := range []resourceExpression{{name: corev1.ResourceCPU, text: expressions.CPU}, {name: corev1.ResourceMemory, text: expressions.Memory}} {
			if e.text == "" {
				continue
			}
			e.limit, e.field = kind == "limits", fmt.Sprintf("resourcesExpr.%s.%s", kind, e.name)
			e.constant = !exprVariable.MatchString(e.text)
			e.expr, e.err = expr.Parse(e.text)
			p.expressions = append(p.expressions, e)
		}
	}
	add("limits", typed.ResourcesExpr.Limits)
	add("requests", typed.ResourcesExpr.Requests)
	return p
}

// computeResources gives the encoded resources of a sidecar.
func (in *injection) computeResources(owner string, s *sidecar) (json.RawMessage, error) {
	p := s.policy
	field := p.field
	if p.targetsErr != nil {
		return nil, misconfigured(owner, field+".targetContainersNameRegex", "%v", p.targetsErr)
	}
	targets, err := in.targets(p.targets)
	if err != nil {
		return nil, err
	}
	if len(targets) == 0 {
		return nil, invalid(metav1.CauseTypeFieldValueNotFound, "spec.containers", owner,
			"%s: no container of the pod matches %q: rename a container or change targetContainersNameRegex", field, p.targets)
	}
	computed := corev1.ResourceRequirements{Claims: p.claims}
	for _, e := range p.expressions {
		value, ok := p.aggregate(targets, e)
		if !ok {
			// Unlimited: not even a constant is applied (quirk 17).
			if e.constant {
				in.warn(owner, "container %q: limit %s of %s is not set, because a container of the pod has no such limit", s.name, e.text, e.name)
			}
			continue
		}
		if e.err == nil {
			value, e.err = e.expr.Eval(value)
		}
		if e.err != nil {
			return nil, misconfigured(owner, field+"."+e.field, "%q: %v", e.text, e.err)
		}
		list := &computed.Requests
		if e.limit {
			list = &computed.Limits
		}
		if *list == nil {
			*list = corev1.ResourceList{}
		}
		(*list)[e.name] = value
	}
	for name, request := range computed.Requests {
		if limit, ok := computed.Limits[name]; ok && request.Cmp(limit) > 0 {
			in.warn(owner, "container %q: the computed request of %s, %s, is above its limit, %s: Kubernetes will refuse the pod",
				s.name, name, request.String(), limit.String())
		}
	}
	return json.Marshal(&computed)
}

// targets are the pod's containers and native sidecars that match, except those that the matched SidecarSets inject.
// The two containers of a hot upgrade are excluded as well, so that injecting twice gives the same (quirk 24).
func (in *injection) targets(pattern *regexp.Regexp) ([]resourceList, error) {
	sidecars := in.namesOfSidecars()
	var lists []resourceList
	add := func(c *podContainer) error {
		if sidecars[c.Name] || !pattern.MatchString(c.Name) {
			return nil
		}
		list, err := c.resources()
		lists = append(lists, list)
		return err
	}
	for i := range in.spec.initContainers.containers {
		c := &in.spec.initContainers.containers[i]
		if c.RestartPolicy != corev1.ContainerRestartPolicyAlways {
			continue
		}
		if err := add(c); err != nil {
			return nil, err
		}
	}
	for i := range in.spec.containers.containers {
		if err := add(&in.spec.containers.containers[i]); err != nil {
			return nil, err
		}
	}
	return lists, nil
}

// namesOfSidecars are the names that the matched SidecarSets give to containers.
func (in *injection) namesOfSidecars() map[string]bool {
	if in.sidecarNames != nil {
		return in.sidecarNames
	}
	in.sidecarNames = map[string]bool{}
	for _, c := range in.choices {
		for _, s := range slices.Concat(c.content.initContainers, c.content.containers) {
			in.sidecarNames[s.name] = true
			for _, v := range s.variants {
				in.sidecarNames[v.name] = true
			}
		}
	}
	return in.sidecarNames
}

// aggregate makes one figure of the targets' figures. A limit that one target lacks is unlimited (ok is false); a request
// that a target lacks does not count.
func (p *resourcesPolicy) aggregate(targets []resourceList, e resourceExpression) (total resource.Quantity, ok bool) {
	first := true
	for _, target := range targets {
		list := target.Requests
		if e.limit {
			list = target.Limits
		}
		value, has := list[e.name]
		switch {
		case !has && e.limit:
			return total, false
		case !has:
		case p.mode == v1beta1.TargetContainersModeSum:
			total.Add(value)
		case p.mode == v1beta1.TargetContainersModeMax && (first || value.Cmp(total) > 0):
			total, first = value.DeepCopy(), false
		}
	}
	return total, p.mode == v1beta1.TargetContainersModeSum || p.mode == v1beta1.TargetContainersModeMax || !e.limit
}
