package validate

import (
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/kruise-admission/kruise-admission/api/apps/v1beta1"
)

func TestPriorityStrategy(t *testing.T) {
	label := metav1.LabelSelector{MatchLabels: map[string]string{"a": "b"}}
	broken := metav1.LabelSelector{MatchExpressions: []metav1.LabelSelectorRequirement{{Key: "a", Operator: "Near"}}}
	weights := func(terms ...v1beta1.UpdatePriorityWeightTerm) *v1beta1.UpdatePriorityStrategy {
		return &v1beta1.UpdatePriorityStrategy{WeightPriority: terms}
	}
	orders := func(keys ...string) *v1beta1.UpdatePriorityStrategy {
		strategy := &v1beta1.UpdatePriorityStrategy{}
		for _, key := range keys {
			strategy.OrderPriority = append(strategy.OrderPriority, v1beta1.UpdatePriorityOrderTerm{OrderedKey: key})
		}
		return strategy
	}
	for _, test := range []struct {
		name     string
		strategy *v1beta1.UpdatePriorityStrategy
		valid    bool
	}{
		{"nil", nil, true},
		{"empty", &v1beta1.UpdatePriorityStrategy{}, true},
		{"weights 0 and 100", weights(v1beta1.UpdatePriorityWeightTerm{Weight: 0, MatchSelector: label}, v1beta1.UpdatePriorityWeightTerm{Weight: 100, MatchSelector: label}), true},
		{"weight 101", weights(v1beta1.UpdatePriorityWeightTerm{Weight: 101, MatchSelector: label}), false},
		{"weight -1", weights(v1beta1.UpdatePriorityWeightTerm{Weight: -1, MatchSelector: label}), false},
		{"empty selector", weights(v1beta1.UpdatePriorityWeightTerm{Weight: 1}), false},
		{"broken selector", weights(v1beta1.UpdatePriorityWeightTerm{Weight: 1, MatchSelector: broken}), false},
		{"orders, one twice", orders("a", "a"), true},
		{"empty key", orders("a", ""), false},
		{"both", &v1beta1.UpdatePriorityStrategy{
			WeightPriority: []v1beta1.UpdatePriorityWeightTerm{{Weight: 1, MatchSelector: label}}, OrderPriority: orders("a").OrderPriority}, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			errs := priorityStrategy(test.strategy, field.NewPath("p"))
			if (len(errs) == 0) != test.valid {
				t.Errorf("errors %v, want valid %t", errs, test.valid)
			}
			for _, err := range errs {
				if err.Type != field.ErrorTypeRequired || err.Field != "p" {
					t.Errorf("error %v, want one of type required at p", err)
				}
			}
		})
	}
}

func TestScatterStrategy(t *testing.T) {
	for _, test := range []struct {
		name     string
		strategy v1beta1.UpdateScatterStrategy
		valid    bool
	}{
		{"nil", nil, true},
		{"one without value", v1beta1.UpdateScatterStrategy{{Key: "a"}}, true},
		{"two values", v1beta1.UpdateScatterStrategy{{Key: "a", Value: "b"}, {Key: "a", Value: "c"}}, true},
		{"no key", v1beta1.UpdateScatterStrategy{{Value: "b"}}, false},
		{"twice", v1beta1.UpdateScatterStrategy{{Key: "a", Value: "b"}, {Key: "a", Value: "b"}}, false},
		{"twice when joined", v1beta1.UpdateScatterStrategy{{Key: "a:b", Value: "c"}, {Key: "a", Value: "b:c"}}, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			errs := scatterStrategy(test.strategy, field.NewPath("p"))
			if (len(errs) == 0) != test.valid {
				t.Errorf("errors %v, want valid %t", errs, test.valid)
			}
		})
	}
}
