package live

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"

	discoveryv1 "k8s.io/api/discovery/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"

	"github.com/kruise-admission/kruise-admission/survive/follow"
)

// AwaitsConversion reports whether the view is incomplete only because nobody converts what the API server has stored: every list that is missing
// has failed several times in a row because the API server reached nobody at hosts, for no other reason, and service, in the server's namespace, has no
// ready endpoint. Hosts are names as they stand in the URLs that the API server calls, such as <service>.<namespace>.svc.
//
// What one API server says would not do: it may be the only one that cannot reach replicas which serve all others.
func (s *Source) AwaitsConversion(ctx context.Context, service string, hosts []string) (bool, error) {
	if !s.failsToConvert(hosts) {
		return false, nil
	}
	served, err := s.hasReadyEndpoint(ctx, service)
	return err == nil && !served, err
}

// failsToConvert reports that every list that is missing fails because nobody at hosts converts.
func (s *Source) failsToConvert(hosts []string) bool {
	missing := 0
	for _, first := range s.firstLists {
		if !first.missing() {
			continue
		}
		if !first.missingBecause(func(err error) bool { return nobodyConverts(err, hosts) }) {
			return false
		}
		missing++
	}
	return missing > 0
}

// hasReadyEndpoint reports that a new connection to the Service would be led to a replica. A cluster without EndpointSlices for it, because it is
// of type ExternalName, has none.
func (s *Source) hasReadyEndpoint(ctx context.Context, service string) (bool, error) {
	found, err := s.endpoints.List(ctx, metav1.ListOptions{LabelSelector: discoveryv1.LabelServiceName + "=" + service})
	if err != nil {
		return false, fmt.Errorf("cannot list the endpoints of Service %s: %w", service, err)
	}
	for i := range found.Items {
		for _, endpoint := range found.Items[i].Endpoints {
			if endpoint.Conditions.Ready == nil || *endpoint.Conditions.Ready { // not known means ready
				return true, nil
			}
		}
	}
	return false, nil
}

// nobodyConverts reports that the API server could not convert because nobody answered at one of hosts. Whoever refuses to convert, answers with an
// HTTP status or shows a wrong certificate was reached.
//
// The API server has no machine-readable form of it. It says: conversion webhook for apps.kruise.io/v1alpha1, Kind=SidecarSet failed: Post
// "https://<service>.<namespace>.svc:443/convert?timeout=30s": dial tcp 10.96.0.7:443: connect: connection refused.
func nobodyConverts(err error, hosts []string) bool {
	_, failure, found := strings.Cut(err.Error(), "conversion webhook for ")
	if !found {
		return false
	}
	_, failure, found = strings.Cut(failure, ` failed: Post "`)
	if !found {
		return false
	}
	called, why, found := strings.Cut(failure, `": `)
	if !found || strings.Contains(why, "x509:") || strings.Contains(why, "tls:") {
		return false
	}
	address, err := url.Parse(called)
	return err == nil && slices.Contains(hosts, address.Hostname())
}

// pageSize is how many objects one request of whyUnready reads: converting them happens one by one.
const pageSize = 100

// whyUnready finds out why the API server cannot fill its own cache of a resource, and nil when it can read every object. Requests that the cache
// should answer get the status 429 as long as it is not filled, without a reason. A page of a list goes past it to what is stored, and says it.
func whyUnready[L runtime.Object](ctx context.Context, from follow.Client[L]) error {
	page := metav1.ListOptions{Limit: pageSize}
	for {
		list, err := from.List(ctx, page)
		if err != nil {
			return err
		}
		metadata, err := meta.ListAccessor(list)
		if err != nil || metadata.GetContinue() == "" {
			return err
		}
		page.Continue = metadata.GetContinue()
	}
}

// ownPace lets the reflectors decide when to ask again. While a cache of the API server is not filled it asks for up to 30 seconds of waiting
// (calculateRetryAfterForUnreadyCache in k8s.io/apiserver), which the client would spend silently, ten times over, while pods wait for this view.
//
// Look-ups of single objects, which have no query, keep what the API server asks for.
func ownPace(next http.RoundTripper) http.RoundTripper {
	return roundTripper(func(request *http.Request) (*http.Response, error) {
		response, err := next.RoundTrip(request)
		if err == nil && response.StatusCode == http.StatusTooManyRequests && request.URL.RawQuery != "" {
			response.Header.Del("Retry-After")
		}
		return response, err
	})
}

type roundTripper func(*http.Request) (*http.Response, error)

func (r roundTripper) RoundTrip(request *http.Request) (*http.Response, error) { return r(request) }
