package main

import (
	"strings"
	"testing"
)

// TestGenerateWebhooksByURL: every entry has the URL with its own path in place of the Service, and nothing else differs.
func TestGenerateWebhooksByURL(t *testing.T) {
	for _, more := range [][]string{nil, {"--second-chance"}} {
		byService := run(t, append([]string{"generate", "webhooks"}, more...)...)
		byURL := run(t, append([]string{"generate", "webhooks", "--url", "https://hooks.example.com:9443/"}, more...)...)
		var want strings.Builder
		lines := strings.Split(byService, "\n")
		paths := 0
		for i := 0; i < len(lines); i++ {
			if strings.TrimSpace(lines[i]) != "service:" {
				want.WriteString(lines[i] + "\n")
				continue
			}
			indent, _, _ := strings.Cut(lines[i], "service:")
			for i++; strings.HasPrefix(lines[i], indent+"  "); i++ {
				if path, ok := strings.CutPrefix(lines[i], indent+"  path: "); ok {
					want.WriteString(indent + "url: https://hooks.example.com:9443" + path + "\n")
					paths++
				}
			}
			i--
		}
		if paths < 30 {
			t.Fatalf("%d paths, want all of the endpoint table", paths)
		}
		if strings.TrimRight(want.String(), "\n") != strings.TrimRight(byURL, "\n") {
			t.Errorf("%v: got\n%s", more, byURL)
		}
	}
}

func TestURLsThatAPIServersRefuse(t *testing.T) {
	for _, text := range []string{"http://x", "x.example.com", "https://", "https://x/path", "https://x?q=1", "https://x#f", "https://user@x", "https://%zz"} {
		_, stderr, code := command(t, "generate", "webhooks", "--url", text)
		if code != exitUsage || !strings.Contains(stderr, "--url: invalid value") {
			t.Errorf("%s: exit code %d, message %q", text, code, stderr)
		}
	}
}
