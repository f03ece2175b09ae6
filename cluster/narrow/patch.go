package narrow

import (
	"encoding/json"
	"fmt"
	"slices"

	admissionregistrationv1 "k8s.io/api/admissionregistration/v1"
)

// ConditionName names our match condition.
const ConditionName = "kruise-admission-narrow"

// operation is one step of a JSON patch.
type operation struct {
	Op    string `json:"op"`
	Path  string `json:"path"`
	Value any    `json:"value,omitempty"`
}

// patch makes the JSON patch that gives our condition the expression, or takes it away when that is empty. nil: nothing has to change.
//
// The resourceVersion is replaced by itself, so that indices mean the entries that were read: the API server answers 409 Conflict when it is
// another one by now.
func (k *Keeper) patch(configuration *admissionregistrationv1.MutatingWebhookConfiguration, expression string) ([]byte, error) {
	var operations []operation
	for i, webhook := range configuration.Webhooks {
		if !k.sendsPods(webhook.ClientConfig.Service) {
			continue
		}
		at := slices.IndexFunc(webhook.MatchConditions, func(c admissionregistrationv1.MatchCondition) bool { return c.Name == ConditionName })
		path := fmt.Sprintf("/webhooks/%d/matchConditions", i)
		ours := admissionregistrationv1.MatchCondition{Name: ConditionName, Expression: expression}
		switch {
		case at < 0 && expression == "":
		case at < 0 && len(webhook.MatchConditions) == 0:
			operations = append(operations, operation{"add", path, []admissionregistrationv1.MatchCondition{ours}})
		case at < 0:
			operations = append(operations, operation{"add", path + "/-", ours})
		case expression == "":
			operations = append(operations, operation{Op: "remove", Path: fmt.Sprintf("%s/%d", path, at)})
		case webhook.MatchConditions[at].Expression != expression:
			operations = append(operations, operation{"replace", fmt.Sprintf("%s/%d/expression", path, at), expression})
		}
	}
	if operations == nil {
		return nil, nil
	}
	return json.Marshal(append([]operation{{"replace", "/metadata/resourceVersion", configuration.ResourceVersion}}, operations...))
}

// sendsPods says whether an entry that calls this Service sends new pods to us.
func (k *Keeper) sendsPods(reference *admissionregistrationv1.ServiceReference) bool {
	return reference != nil && reference.Name == k.options.Service && reference.Namespace == k.options.Namespace &&
		reference.Path != nil && slices.Contains(k.options.Paths, *reference.Path)
}
