package resourcedryrun

import (
	"context"
	"encoding/json"
	"fmt"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"

	"github.com/kruise-admission/kruise-admission/cluster"
	"github.com/kruise-admission/kruise-admission/decision"
)

// parallel is how many questions are asked at the same time. ResourceDistributions are few and rarely written.
const parallel = 4

// resources are those of the kinds that may be asked about.
var resources = map[string]string{"ConfigMap": "configmaps", "Secret": "secrets"}

// Checker asks the API server. It is safe for concurrent use.
type Checker struct {
	client    rest.Interface
	namespace string
	slots     chan struct{}
}

// New makes a Checker that asks in a namespace, the server's own. The server needs the permission to create secrets and configmaps
// there. The client should have no rate limit of its own.
func New(client kubernetes.Interface, namespace string) (*Checker, error) {
	if namespace == "" {
		return nil, fmt.Errorf("resourcedryrun: the namespace is empty: name the server's own")
	}
	return &Checker{client: client.CoreV1().RESTClient(), namespace: namespace, slots: make(chan struct{}, parallel)}, nil
}

// CheckResource asks about a Secret or a ConfigMap of version v1, given as JSON. No causes: it would be created. The Field of causes is
// relative to the object ("metadata.name"); it is empty where the API server named none. An error, always a [decision.Unable], means
// "cannot tell".
func (c *Checker) CheckResource(ctx context.Context, kind string, object json.RawMessage) ([]metav1.StatusCause, error) {
	resource, known := resources[kind]
	if !known {
		return nil, decision.CannotTell("no API server is asked about objects of kind %q", kind)
	}
	select {
	case c.slots <- struct{}{}:
		defer func() { <-c.slots }()
	case <-ctx.Done():
		return nil, decision.CannotTell("too many dry runs of distributed resources are waiting: %w", ctx.Err())
	}
	body, err := inNamespace(object, c.namespace, false)
	if err != nil {
		return nil, decision.CannotTell("the dry run of the %s could not be encoded: %w", kind, err)
	}
	err = c.dryRun(ctx, resource, body)
	if apierrors.IsAlreadyExists(err) {
		// An object of that name hides what the API server checks later. Its name is valid, because it exists; so the rest is asked about
		// under another one.
		if body, err = inNamespace(object, c.namespace, true); err == nil {
			err = c.dryRun(ctx, resource, body)
		}
	}
	if err == nil {
		return nil, nil
	}
	if causes := refusal(err); causes != nil {
		return causes, nil
	}
	return nil, cluster.Unanswered("the API server did not judge the "+kind, err)
}

// dryRun creates an object and stores nothing.
func (c *Checker) dryRun(ctx context.Context, resource string, body []byte) error {
	return c.client.Post().
		Namespace(c.namespace).
		Resource(resource).
		Param("dryRun", metav1.DryRunAll).
		SetHeader("Content-Type", "application/json").
		SetHeader("Accept", "application/json").
		WarningHandler(rest.NoWarnings{}). // they are for the user who sent the review, not for our log
		MaxRetries(0).                     // the API server repeats the whole review when we answer with Retry-After
		Body(body).
		Do(ctx).
		Error()
}

// inNamespace returns the object in a namespace, with another name if wanted.
func inNamespace(object json.RawMessage, namespace string, otherName bool) ([]byte, error) {
	var members, metadata map[string]json.RawMessage
	if err := json.Unmarshal(object, &members); err != nil {
		return nil, err
	}
	if raw, ok := members["metadata"]; ok {
		if err := json.Unmarshal(raw, &metadata); err != nil {
			return nil, err
		}
	}
	if members == nil {
		members = map[string]json.RawMessage{}
	}
	if metadata == nil {
		metadata = map[string]json.RawMessage{}
	}
	text := func(value string) json.RawMessage {
		raw, _ := json.Marshal(value) // a string always has a JSON form
		return raw
	}
	metadata["namespace"] = text(namespace)
	if otherName {
		delete(metadata, "name")
		metadata["generateName"] = text("kruise-admission-check-")
	}
	raw, err := json.Marshal(metadata)
	if err != nil {
		return nil, err
	}
	members["metadata"] = raw
	return json.Marshal(members)
}
