package certs

import (
	"strings"
	"testing"
)

func TestIdentityValidate(t *testing.T) {
	tests := []struct {
		name     string
		identity Identity
		fault    string
	}{
		{"least", Identity{Service: "a", Namespace: "b"}, ""},
		{"everything", Identity{Service: "a", Namespace: "b", ClusterDomain: "c.d", ExtraNames: []string{"x.y", "*.z", "1.2.3.4", "::1"}}, ""},
		{"no service", Identity{Namespace: "b"}, `service name ""`},
		{"no namespace", Identity{Service: "a"}, `namespace ""`},
		{"service with dot", Identity{Service: "a.b", Namespace: "b"}, `service name "a.b"`},
		{"cluster domain", Identity{Service: "a", Namespace: "b", ClusterDomain: "C_D"}, `cluster domain "C_D"`},
		{"extra name", Identity{Service: "a", Namespace: "b", ExtraNames: []string{"x.y", "https://z"}}, `extra name "https://z"`},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			err := test.identity.Validate()
			if (err == nil) != (test.fault == "") || err != nil && !strings.Contains(err.Error(), test.fault) {
				t.Errorf("got %v, want %q", err, test.fault)
			}
		})
	}
}

func TestIdentityServerName(t *testing.T) {
	identity := Identity{Service: "hooks", Namespace: "prod", ExtraNames: []string{"hooks.corp.net", "10.1.2.3", "fd00::1"}}
	service := func(namespace, name any) map[string]any {
		return map[string]any{"service": map[string]any{"namespace": namespace, "name": name, "path": "/x"}}
	}
	url := func(url any) map[string]any { return map[string]any{"url": url} }
	tests := []struct {
		name   string
		config map[string]any
		want   string // empty: not ours
	}{
		{"our service", service("prod", "hooks"), "hooks.prod.svc"},
		{"other namespace", service("test", "hooks"), ""},
		{"other service", service("prod", "other"), ""},
		{"service of wrong types", service(1, true), ""},
		{"url with our extra name", url("https://hooks.corp.net:9443/mutate-pod"), "hooks.corp.net"},
		{"url in capitals", url("https://HOOKS.corp.NET/x"), "hooks.corp.net"},
		{"url with the service name", url("https://hooks.prod.svc/x"), "hooks.prod.svc"},
		{"url with our IPv4 address", url("https://10.1.2.3:443/x"), "10.1.2.3"},
		{"url with our IPv6 address, spelled differently", url("https://[fd00:0:0::1]:443/x"), "fd00:0:0::1"},
		{"url of somebody else", url("https://example.com/x"), ""},
		{"url that does not parse", url("https://%zz/"), ""},
		{"url of wrong type", url(7), ""},
		{"nothing", nil, ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got, ours := identity.serverName(test.config)
			if ours != (test.want != "") || ours && got != test.want {
				t.Errorf("got %q, %v, want %q", got, ours, test.want)
			}
		})
	}
}
