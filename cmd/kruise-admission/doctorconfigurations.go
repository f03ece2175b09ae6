package main

// Whether the webhook configurations are there, and lead to the server.

import (
	"context"
	"fmt"
	"slices"
	"strings"

	admissionregistrationv1 "k8s.io/api/admissionregistration/v1"

	"github.com/kruise-admission/kruise-admission/webhook"
)

// entry is what matters here of an entry of either kind of configuration.
type entry struct {
	name          string
	client        admissionregistrationv1.WebhookClientConfig
	failurePolicy *admissionregistrationv1.FailurePolicyType
}

// entries reads the configurations. missing says what does not exist.
func (d *doctor) entries(ctx context.Context) (all []entry, missing []string, err error) {
	found, err := readInstalled(ctx, d.client, d.configurations)
	if err != nil {
		return nil, nil, err
	}
	for _, configuration := range found.mutating {
		for _, w := range configuration.Webhooks {
			all = append(all, entry{w.Name, w.ClientConfig, w.FailurePolicy})
		}
	}
	for _, configuration := range found.validating {
		for _, w := range configuration.Webhooks {
			all = append(all, entry{w.Name, w.ClientConfig, w.FailurePolicy})
		}
	}
	return all, found.missing(d.configurations), nil
}

func (d *doctor) checkConfigurations(ctx context.Context) []check {
	all, missing, err := d.entries(ctx)
	if err != nil {
		return []check{notTold("the webhook configurations", err)}
	}
	var found []check
	if len(missing) > 0 {
		found = append(found, isWrong("when a replica is ready: kubectl apply --server-side -f deploy/webhooks.yaml, or helm upgrade; under another name give --webhook-configuration",
			"the API server does not know that it should call the server: there is no %s", strings.Join(missing, " and no ")))
	}
	var elsewhere, unserved, bundleless, lenient []string
	for _, e := range all {
		if service := e.client.Service; service != nil && (service.Namespace != d.serverNamespace || service.Name != d.service) {
			elsewhere = append(elsewhere, fmt.Sprintf("%s calls %s/%s", e.name, service.Namespace, service.Name))
		}
		if path := pathOf(e.client); !webhook.Serves(path) {
			unserved = append(unserved, fmt.Sprintf("%s calls %q", e.name, path))
		}
		if len(e.client.CABundle) == 0 {
			bundleless = append(bundleless, e.name)
		}
		further := strings.HasPrefix(e.name, webhook.SecondChancePrefix) || hasEntry(all, webhook.SecondChancePrefix+e.name)
		if e.failurePolicy != nil && *e.failurePolicy == admissionregistrationv1.Ignore && !further {
			lenient = append(lenient, e.name)
		}
	}
	for _, problem := range []struct {
		entries      []string
		what, remedy string
	}{
		{elsewhere, fmt.Sprintf("entries that call another Service than %s/%s", d.serverNamespace, d.service),
			"correct clientConfig.service, or say where the server is: --server-namespace, --service-name"},
		{unserved, "entries whose path this version of the server does not serve", "correct clientConfig.service.path; the paths are in docs/endpoints.md"},
		{bundleless, "entries without a caBundle, so that no call can be trusted",
			"the server writes it within seconds, if it runs and may patch the configuration: see its log and the check of rights"},
	} {
		if len(problem.entries) > 0 {
			found = append(found, isWrong(problem.remedy, "%s: %s", problem.what, someOf(problem.entries)))
		}
	}
	if len(found) > 0 {
		return found
	}
	detail := count(len(all), "entry calls", "entries call") + " the server"
	if absent := absentEntries(all); len(absent) > 0 {
		detail += "; left out: " + someOf(absent)
	}
	if len(lenient) > 0 {
		detail += "; failurePolicy Ignore, so that failed calls are hidden: " + someOf(lenient)
	}
	return []check{isOK("%s", detail)}
}

// absentEntries are those of the endpoint table that are not among the entries.
func absentEntries(all []entry) (absent []string) {
	for _, endpoint := range webhook.Endpoints() {
		if !hasEntry(all, endpoint.Name) {
			absent = append(absent, endpoint.Name)
		}
	}
	return absent
}

func hasEntry(all []entry, name string) bool {
	return slices.ContainsFunc(all, func(e entry) bool { return e.name == name })
}

// someOf lists names, and counts those above a number that a person reads.
func someOf(names []string) string {
	const most = 5
	if len(names) <= most {
		return strings.Join(names, ", ")
	}
	return fmt.Sprintf("%s and %d more", strings.Join(names[:most], ", "), len(names)-most)
}
