package dependents

import (
	"fmt"

	"k8s.io/client-go/dynamic"
	authorizationclient "k8s.io/client-go/kubernetes/typed/authorization/v1"
	coreclient "k8s.io/client-go/kubernetes/typed/core/v1"
	discoveryclient "k8s.io/client-go/kubernetes/typed/discovery/v1"
	"k8s.io/client-go/metadata"
	"k8s.io/client-go/rest"
)

// Live looks below objects of one cluster. It is safe for concurrent use.
type Live struct {
	metadata  metadata.Interface
	dynamic   dynamic.Interface
	core      coreclient.CoreV1Interface
	discovery discoveryclient.EndpointSlicesGetter
	reviews   authorizationclient.SubjectAccessReviewsGetter
}

// NewForConfig makes a Live that uses the API server of config; its rate limit and warning handler are not used.
// It fails when config is not usable, and connects to nothing yet.
func NewForConfig(config *rest.Config) (*Live, error) {
	config = rest.CopyConfig(config)
	config.QPS, config.RateLimiter = -1, nil
	config.WarningHandler, config.WarningHandlerWithContext = rest.NoWarnings{}, nil
	config.ContentType = "application/vnd.kubernetes.protobuf"
	config.AcceptContentTypes = "application/vnd.kubernetes.protobuf,application/json"

	client, err := rest.HTTPClientFor(config)
	if err != nil {
		return nil, fmt.Errorf("make a client for the look-ups of delete protection: %w", err)
	}
	var live Live
	if live.metadata, err = metadata.NewForConfigAndClient(config, client); err != nil {
		return nil, fmt.Errorf("make a metadata client: %w", err)
	}
	if live.dynamic, err = dynamic.NewForConfigAndClient(config, client); err != nil {
		return nil, fmt.Errorf("make a client for protected objects: %w", err)
	}
	if live.core, err = coreclient.NewForConfigAndClient(config, client); err != nil {
		return nil, fmt.Errorf("make a client for pods and claims: %w", err)
	}
	if live.discovery, err = discoveryclient.NewForConfigAndClient(config, client); err != nil {
		return nil, fmt.Errorf("make a client for endpoints: %w", err)
	}
	if live.reviews, err = authorizationclient.NewForConfigAndClient(config, client); err != nil {
		return nil, fmt.Errorf("make a client for access reviews: %w", err)
	}
	return &live, nil
}
