package podtemplate

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/rest"

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

// unable turns a failed call into "cannot tell", with what the API server said about asking again.
func unable(err error) *decision.Unable {
	result := decision.CannotTell("the API server did not judge the pod template: %w", err)
	var status apierrors.APIStatus
	switch {
	case !errors.As(err, &status): // the network; nothing says that it will not work in a moment
		result.RetryAfter = time.Second
	case status.Status().Code == http.StatusTooManyRequests || status.Status().Code >= http.StatusInternalServerError:
		result.RetryAfter = time.Second
		if details := status.Status().Details; details != nil && details.RetryAfterSeconds > 0 {
			result.RetryAfter = time.Duration(details.RetryAfterSeconds) * time.Second
		}
	}
	return result
}
