package validate_test

import (
	"encoding/json"
	"strings"

	"github.com/kruise-admission/kruise-admission/api/policy/v1alpha1"
	"github.com/kruise-admission/kruise-admission/api/policy/v1beta1"
	"github.com/kruise-admission/kruise-admission/decision"
	"github.com/kruise-admission/kruise-admission/validate"
)

// budgetOf reads a budget of either version as v1beta1.
func budgetOf(raw []byte) (*v1beta1.PodUnavailableBudget, error) {
	budget := &v1beta1.PodUnavailableBudget{}
	if !strings.Contains(string(raw), v1alpha1.GroupVersion.String()) {
		return budget, json.Unmarshal(raw, budget)
	}
	sent := &v1alpha1.PodUnavailableBudget{}
	if err := json.Unmarshal(raw, sent); err != nil {
		return nil, err
	}
	return budget, sent.ConvertTo(budget)
}

func init() {
	recordedReviewers["/validate-policy-kruise-io-podunavailablebudget"] = func(u *universe, gates gates) decision.Reviewer {
		enforced, set := gates["PodUnavailableBudgetDeleteGate"]
		return validate.PodUnavailableBudget{
			Cluster:    recordedBudgets{u},
			Unenforced: set && !enforced && !gates["PodUnavailableBudgetUpdateGate"],
		}
	}
}

// recordedBudgets are the budgets of the universe.
type recordedBudgets struct{ universe *universe }

func (b recordedBudgets) PodUnavailableBudgets(namespace string) (list []*v1beta1.PodUnavailableBudget) {
	for _, object := range b.universe.objects["PodUnavailableBudget"] {
		budget, err := budgetOf(object)
		if err != nil {
			panic(err)
		}
		if budget.Namespace == namespace {
			list = append(list, budget)
		}
	}
	return list
}
