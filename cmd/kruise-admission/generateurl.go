package main

// Webhook configurations for API servers that call by a URL, because they reach no Service: they run outside the cluster network, or reach
// its nodes only.

import (
	"errors"
	"fmt"
	"net/url"
	"strings"

	admissionregistrationv1 "k8s.io/api/admissionregistration/v1"
	"k8s.io/apimachinery/pkg/runtime"
)

// validateURL reports what an API server would not take: it wants https, and the path is that of each entry.
func validateURL(text string) error {
	if text == "" {
		return nil
	}
	address, err := url.Parse(text)
	if err == nil && (address.Scheme != "https" || address.Host == "" || *address != (url.URL{Scheme: "https", Host: address.Host, Path: address.Path}) ||
		strings.Trim(address.Path, "/") != "") {
		err = errors.New("expected https://HOST or https://HOST:PORT, with nothing after it")
	}
	if err != nil {
		return fmt.Errorf("--url: invalid value %q: %w", text, err)
	}
	return nil
}

// callByURL replaces the Service of every entry by the URL, with the path of the entry.
func callByURL(objects []runtime.Object, base string) {
	replace := func(config *admissionregistrationv1.WebhookClientConfig) {
		address := strings.TrimRight(base, "/") + *config.Service.Path
		config.URL, config.Service = &address, nil
	}
	for _, object := range objects {
		switch configuration := object.(type) {
		case *admissionregistrationv1.MutatingWebhookConfiguration:
			for i := range configuration.Webhooks {
				replace(&configuration.Webhooks[i].ClientConfig)
			}
		case *admissionregistrationv1.ValidatingWebhookConfiguration:
			for i := range configuration.Webhooks {
				replace(&configuration.Webhooks[i].ClientConfig)
			}
		}
	}
}
