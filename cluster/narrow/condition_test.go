package narrow

import (
	"fmt"
	"strings"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kruise-admission/kruise-admission/api/apps/v1beta1"
)

func setOf(selector, namespaces *metav1.LabelSelector) *v1beta1.SidecarSet {
	set := &v1beta1.SidecarSet{}
	set.Spec.Selector, set.Spec.NamespaceSelector = selector, namespaces
	return set
}

func labelled(key, value string) *metav1.LabelSelector {
	return &metav1.LabelSelector{MatchLabels: map[string]string{key: value}}
}

func where(key string, operator metav1.LabelSelectorOperator, values ...string) *metav1.LabelSelector {
	return &metav1.LabelSelector{MatchExpressions: []metav1.LabelSelectorRequirement{{Key: key, Operator: operator, Values: values}}}
}

// TestSelects is about the words; test/narrow compares their meaning with that of selectors.
func TestSelects(t *testing.T) {
	const labels = "has(object.metadata.labels) && "
	for name, test := range map[string]struct {
		selector, namespaces *metav1.LabelSelector
		want                 string // empty: all pods
	}{
		"no selector":             {nil, nil, ""},
		"empty selector":          {&metav1.LabelSelector{}, nil, ""},
		"unknown operator":        {where("a", "Like", "b"), nil, ""},
		"label":                   {labelled("app", "shop"), nil, labels + `"app" in object.metadata.labels && object.metadata.labels["app"] in ["shop"]`},
		"quotes":                  {labelled("a\"b", "c\nd"), nil, labels + `"a\"b" in object.metadata.labels && object.metadata.labels["a\"b"] in ["c\nd"]`},
		"none of":                 {where("a", "NotIn", "b", "c"), nil, "!(" + labels + `"a" in object.metadata.labels && object.metadata.labels["a"] in ["b", "c"])`},
		"exists":                  {where("a", "Exists"), nil, labels + `"a" in object.metadata.labels`},
		"namespace by name":       {where("a", "Exists"), labelled(namespaceName, "shop"), labels + `"a" in object.metadata.labels && request.namespace in ["shop"]`},
		"all pods of a namespace": {&metav1.LabelSelector{}, labelled(namespaceName, "shop"), `request.namespace in ["shop"]`},
		"other labels of namespaces cannot be seen": {where("a", "Exists"), labelled("team", "x"), labels + `"a" in object.metadata.labels`},
	} {
		t.Run(name, func(t *testing.T) {
			got, some := selects(setOf(test.selector, test.namespaces))
			if some != (test.want != "") || some && got != test.want {
				t.Errorf("got %q, %t; want %q", got, some, test.want)
			}
		})
	}
}

func TestExpression(t *testing.T) {
	one := setOf(labelled("app", "shop"), nil)
	cel, ok := Expression([]*v1beta1.SidecarSet{one, one}, []string{"a", "b"})
	if !ok || strings.Count(cel, `["shop"]`) != 1 || !strings.Contains(cel, `(request.namespace in ["a", "b"])`) {
		t.Errorf("got %t, %s; want one clause for equal selectors and one for the namespaces", ok, cel)
	}
	for _, step := range otherSteps {
		if !strings.Contains(cel, "("+step+")") {
			t.Errorf("pods of another step are left out: %s", step)
		}
	}
	var many []*v1beta1.SidecarSet
	for i := range maxSidecarSets + 1 {
		many = append(many, setOf(labelled("app", fmt.Sprint(i)), nil))
	}
	if _, ok := Expression(many[1:], nil); !ok {
		t.Errorf("%d SidecarSets are too many", maxSidecarSets)
	}
	if _, ok := Expression(many, nil); ok {
		t.Errorf("%d SidecarSets are not too many", len(many))
	}
	if _, ok := Expression([]*v1beta1.SidecarSet{setOf(where("a", "In", strings.Repeat("x", maxLength)), nil)}, nil); ok {
		t.Error("an expression of any length is taken")
	}
	if _, ok := Expression([]*v1beta1.SidecarSet{one, setOf(nil, nil)}, nil); ok {
		t.Error("a SidecarSet whose pods cannot be told does not widen to all pods")
	}
}
