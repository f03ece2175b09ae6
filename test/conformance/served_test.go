package conformance

// Which cases have an endpoint.

import (
	"slices"
	"strings"
	"testing"

	admissionregistrationv1 "k8s.io/api/admissionregistration/v1"

	"github.com/kruise-admission/kruise-admission/internal/recorded"
	"github.com/kruise-admission/kruise-admission/webhook"
)

// endpoints are what the endpoint table serves: operations by path.
type endpoints map[string][]admissionregistrationv1.OperationType

func served() endpoints {
	table := endpoints{}
	for _, endpoint := range webhook.Endpoints() {
		for _, path := range append(endpoint.Aliases, endpoint.Path) {
			for _, rule := range endpoint.Rules {
				table[path] = append(table[path], rule.Operations...)
			}
		}
	}
	return table
}

// serve says whether a case is about something that exists. Cases about a path that nobody serves are; those about a kind that
// is only protected from deletion so far are not, unless they are about that.
func (e endpoints) serve(c *recorded.Case) bool {
	path, _, _ := strings.Cut(c.Path, "?")
	operations, known := e[path]
	if !known {
		return c.Expect.HTTPStatus != 0
	}
	onlyDelete := !slices.ContainsFunc(operations, func(operation admissionregistrationv1.OperationType) bool {
		return operation != admissionregistrationv1.Delete
	})
	return !onlyDelete || c.Family == "protection"
}

func TestServed(t *testing.T) {
	table := endpoints{"/both": {"CREATE", "DELETE"}, "/protected": {"DELETE"}}
	for name, test := range map[string]struct {
		c    recorded.Case
		want bool
	}{
		"a path of the table":                {recorded.Case{Path: "/both?timeout=1s"}, true},
		"a path to come":                     {recorded.Case{Path: "/none"}, false},
		"a path that is none":                {recorded.Case{Path: "/none", Expect: recorded.Expect{HTTPStatus: 404}}, true},
		"validation of a kind not validated": {recorded.Case{Path: "/protected", Family: "statefulset"}, false},
		"protection of the same":             {recorded.Case{Path: "/protected", Family: "protection"}, true},
	} {
		t.Run(name, func(t *testing.T) {
			if got := table.serve(&test.c); got != test.want {
				t.Errorf("got %t", got)
			}
		})
	}
}
