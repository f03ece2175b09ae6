package podtemplate

import (
	"context"
	"encoding/json"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/rest"

	"github.com/kruise-admission/kruise-admission/cluster"
	"github.com/kruise-admission/kruise-admission/decision"
)

// question is the PodTemplate around the template. The typed client would drop the fields that this build does not know, so
// the template stays raw.
type question struct {
	APIVersion string          `json:"apiVersion"`
	Kind       string          `json:"kind"`
	Metadata   map[string]any  `json:"metadata"`
	Template   json.RawMessage `json:"template"`
}

// dryRun asks the API server.
func (c *Checker) dryRun(ctx context.Context, template []byte) (*answer, error) {
	body, err := json.Marshal(question{
		APIVersion: "v1",
		Kind:       "PodTemplate",
		Metadata:   map[string]any{"generateName": "kruise-admission-check-"},
		Template:   template,
	})
	if err != nil {
		return nil, decision.CannotTell("the dry run of the pod template could not be encoded: %w", err)
	}
	result := c.client.Post().
		Namespace(c.namespace).
		Resource("podtemplates").
		Param("dryRun", metav1.DryRunAll).
		Param("fieldValidation", metav1.FieldValidationWarn).
		SetHeader("Content-Type", "application/json").
		SetHeader("Accept", "application/json").
		WarningHandler(rest.NoWarnings{}). // they are for the user who sent the review, not for our log
		MaxRetries(0).                     // the API server repeats the whole review when we answer with Retry-After
		Body(body).
		Do(ctx)

	warnings := templateWarnings(result.Warnings())
	if err := result.Error(); err != nil {
		if causes := refusal(err); causes != nil {
			return &answer{causes: causes, warnings: warnings}, nil
		}
		return nil, unable(err)
	}
	raw, err := result.Raw()
	if err != nil {
		return nil, unable(err)
	}
	var stored struct {
		Template json.RawMessage `json:"template"`
	}
	if err := json.Unmarshal(raw, &stored); err != nil || len(stored.Template) == 0 {
		return nil, decision.CannotTell("the API server answered the dry run of the pod template with something else than a PodTemplate")
	}
	return &answer{defaulted: stored.Template, warnings: warnings}, nil
}

// unable turns a failed call into "cannot tell".
func unable(err error) *decision.Unable {
	return cluster.Unanswered("the API server did not judge the pod template", err)
}
