package main

import (
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

// TestAPIServerIsReachedDirectly: a proxy in the environment of the pod is for the rest of the world. Go looks at the environment once in a
// process, so each case has one of its own.
func TestAPIServerIsReachedDirectly(t *testing.T) {
	const server, urls = "KRUISE_ADMISSION_TEST_API_SERVER", "KRUISE_ADMISSION_TEST_URLS"
	if text := os.Getenv(urls); text != "" {
		if err := reachDirectly(os.Getenv(server)); err != nil {
			t.Fatal(err)
		}
		for url := range strings.SplitSeq(text, " ") {
			request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
			if err != nil {
				t.Fatal(err)
			}
			if proxy, err := http.ProxyFromEnvironment(request); err != nil || proxy == nil {
				fmt.Println("directly:", url)
			}
		}
		return
	}
	for name, test := range map[string]struct {
		server, noProxy string
		urls, want      []string
	}{
		"an address":       {"https://10.96.0.1:443", "", []string{"https://10.96.0.1:443/api", "https://10.96.0.2/"}, []string{"https://10.96.0.1:443/api"}},
		"an IPv6 address":  {"https://[fd00:10::1]:443", "", []string{"https://[fd00:10::1]:443/api", "https://[fd00:10::2]/"}, []string{"https://[fd00:10::1]:443/api"}},
		"a name":           {"https://api.example.org:6443", "", []string{"https://api.example.org/", "https://example.org/"}, []string{"https://api.example.org/"}},
		"other exceptions": {"https://10.96.0.1:443", "NO_PROXY=.svc", []string{"https://10.96.0.1/", "https://a.svc/", "https://b/"}, []string{"https://10.96.0.1/", "https://a.svc/"}},
		"in lower case":    {"https://10.96.0.1:443", "no_proxy=.svc", []string{"https://10.96.0.1/", "https://a.svc/", "https://b/"}, []string{"https://10.96.0.1/", "https://a.svc/"}},
	} {
		t.Run(name, func(t *testing.T) {
			child := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestAPIServerIsReachedDirectly$")
			child.Env = []string{"HTTPS_PROXY=http://proxy:3128", test.noProxy, server + "=" + test.server, urls + "=" + strings.Join(test.urls, " ")}
			printed, err := child.Output()
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for line := range strings.Lines(string(printed)) {
				if url, is := strings.CutPrefix(line, "directly: "); is {
					got = append(got, strings.TrimSpace(url))
				}
			}
			if !slices.Equal(got, test.want) {
				t.Errorf("reached directly: %q, want %q", got, test.want)
			}
		})
	}
}
