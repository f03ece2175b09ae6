package main

import (
	"bytes"
	"context"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestMistakesOnTheCommandLine proves that every wrong flag value is an error at start that names flag and value.
func TestMistakesOnTheCommandLine(t *testing.T) {
	t.Setenv("KUBERNETES_SERVICE_HOST", "")
	broken := filepath.Join(t.TempDir(), "kubeconfig")
	if err := os.WriteFile(broken, []byte("{"), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, test := range map[string]struct {
		args []string
		code int
		want []string
	}{
		"unknown command":     {[]string{"sevre"}, exitUsage, []string{`"sevre"`}},
		"unknown flag":        {[]string{"serve", "--nope"}, exitUsage, []string{"--nope"}},
		"argument":            {[]string{"serve", "now"}, exitUsage, []string{`"now"`}},
		"version argument":    {[]string{"version", "now"}, exitUsage, []string{`"now"`}},
		"listen address":      {[]string{"serve", "--listen-address", "9443"}, exitUsage, []string{"--listen-address", `"9443"`}},
		"empty address":       {[]string{"serve", "--listen-address="}, exitUsage, []string{"--listen-address", `""`}},
		"port out of range":   {[]string{"serve", "--health-address", ":99999"}, exitUsage, []string{"--health-address", `":99999"`}},
		"metrics address":     {[]string{"serve", "--metrics-address", "x y:1"}, exitUsage, []string{"--metrics-address", `"x y:1"`}},
		"pprof address":       {[]string{"serve", "--pprof-address", "::"}, exitUsage, []string{"--pprof-address", `"::"`}},
		"namespace":           {[]string{"serve", "--namespace", "A_B"}, exitUsage, []string{"--namespace", `"A_B"`}},
		"service name":        {[]string{"serve", "--service-name", "a.b"}, exitUsage, []string{"--service-name", `"a.b"`}},
		"cluster domain":      {[]string{"serve", "--cluster-domain", "a..b"}, exitUsage, []string{"--cluster-domain", `"a..b"`}},
		"configuration name":  {[]string{"serve", "--webhook-configuration", ""}, exitUsage, []string{"--webhook-configuration", `""`}},
		"certificate alone":   {[]string{"serve", "--tls-cert-file", "c.pem"}, exitUsage, []string{"--tls-cert-file", `"c.pem"`, "--tls-key-file"}},
		"key alone":           {[]string{"serve", "--tls-key-file", "k.pem"}, exitUsage, []string{"--tls-key-file", `"k.pem"`}},
		"unknown gate":        {[]string{"serve", "--feature-gates", "Nope=true"}, exitUsage, []string{"--feature-gates", `"Nope"`, "CloneSetShortHash"}},
		"gate value":          {[]string{"serve", "--feature-gates", "PodWebhook=perhaps"}, exitUsage, []string{"--feature-gates", "perhaps"}},
		"in flight":           {[]string{"serve", "--max-in-flight", "0"}, exitUsage, []string{"--max-in-flight", "0"}},
		"in flight text":      {[]string{"serve", "--max-in-flight", "many"}, exitUsage, []string{"--max-in-flight", "many"}},
		"drain delay":         {[]string{"serve", "--drain-delay", "-1s"}, exitUsage, []string{"--drain-delay", "-1s"}},
		"drain delay text":    {[]string{"serve", "--drain-delay", "soon"}, exitUsage, []string{"--drain-delay", "soon"}},
		"clash":               {[]string{"serve", "--container-clash", "fight"}, exitUsage, []string{"--container-clash", `"fight"`, "replace"}},
		"long names":          {[]string{"serve", "--long-names", "shorten"}, exitUsage, []string{"--long-names", `"shorten"`, "warn"}},
		"record":              {[]string{"serve", "--record-revisions", "maybe"}, exitUsage, []string{"--record-revisions", `"maybe"`, "auto"}},
		"record nowhere":      {[]string{"serve", "--record-revisions", "on", "--manifests", "x"}, exitUsage, []string{"--record-revisions", `"on"`, "--manifests"}},
		"log level":           {[]string{"serve", "--log-level", "loud"}, exitUsage, []string{"--log-level", `"loud"`}},
		"log level that ends": {[]string{"serve", "--log-level", "fatal"}, exitUsage, []string{"--log-level", `"fatal"`}},
		"TLS version":         {[]string{"serve", "--tls-min-version", "VersionTLS11"}, exitUsage, []string{"--tls-min-version", `"VersionTLS11"`, "VersionTLS12"}},
		"log format":          {[]string{"serve", "--log-format", "xml"}, exitUsage, []string{"--log-format", `"xml"`}},
		"two views":           {[]string{"serve", "--manifests", "x", "--kubeconfig", "y"}, exitUsage, []string{"--kubeconfig", `"y"`, "--manifests"}},
		"no cluster":          {[]string{"serve", "--listen-address", "127.0.0.1:0", "--health-address=", "--metrics-address="}, exitUsage, []string{"--kubeconfig", "--manifests"}},
		"kubeconfig missing": {[]string{"serve", "--kubeconfig", "/no/such", "--listen-address", "127.0.0.1:0", "--health-address=", "--metrics-address="},
			exitFailure, []string{"--kubeconfig", `"/no/such"`}},
		"kubeconfig broken": {[]string{"serve", "--kubeconfig", broken, "--listen-address", "127.0.0.1:0", "--health-address=", "--metrics-address="},
			exitFailure, []string{"--kubeconfig", broken}},
		"manifests missing": {[]string{"serve", "--manifests", "/no/such", "--listen-address", "127.0.0.1:0", "--health-address=", "--metrics-address="},
			exitFailure, []string{"/no/such"}},
	} {
		t.Run(name, func(t *testing.T) {
			var stdout, stderr bytes.Buffer
			if code := execute(t.Context(), test.args, &stdout, &stderr); code != test.code {
				t.Errorf("exit code is %d, want %d", code, test.code)
			}
			message := lastError(stderr.String())
			for _, part := range test.want {
				if !strings.Contains(message, part) {
					t.Errorf("the error %q does not contain %s", message, part)
				}
			}
		})
	}
}

// TestInterrupted: who does not wait for the answer gets none, and no reasons why.
func TestInterrupted(t *testing.T) {
	silent := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }))
	t.Cleanup(silent.Close)
	kubeconfig := filepath.Join(t.TempDir(), "kubeconfig")
	text := `{clusters: [{name: c, cluster: {server: "` + silent.URL + `"}}], contexts: [{name: c, context: {cluster: c}}], current-context: c}`
	if err := os.WriteFile(kubeconfig, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for _, args := range [][]string{{"audit", "--watch"}, {"explain", "web"}, {"doctor"}, {"can-delete", "svc/x"}} {
		var stdout, stderr bytes.Buffer
		code := execute(ctx, append(args, "--kubeconfig", kubeconfig), &stdout, &stderr)
		if code != exitInterrupted || stderr.String() != "error: interrupted\n" {
			t.Errorf("%v: exit code %d, messages %q", args, code, stderr.String())
		}
	}
}

// lastError is the line that execute wrote for the error, among the lines of the log.
func lastError(text string) string {
	for line := range strings.Lines(text) {
		if strings.HasPrefix(line, "error: ") {
			return line
		}
	}
	return ""
}

func TestVersion(t *testing.T) {
	var stdout, stderr bytes.Buffer
	if code := execute(t.Context(), []string{"version"}, &stdout, &stderr); code != 0 {
		t.Fatalf("exit code is %d: %s", code, stderr.String())
	}
	if want := "kruise-admission dev (revision "; !strings.HasPrefix(stdout.String(), want) {
		t.Errorf("got %q, want it to start with %q", stdout.String(), want)
	}
}
