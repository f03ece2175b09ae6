package main

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"k8s.io/client-go/metadata"
	"k8s.io/client-go/rest"

	"github.com/kruise-admission/kruise-admission/inject/audit"
)

// TestChangesBetweenTwoLooks: what has gone is printed before what has come, and a detail that reads differently is no change.
func TestChangesBetweenTwoLooks(t *testing.T) {
	before := &auditReport{
		Findings: []audit.Finding{
			{Kind: audit.Missed, SidecarSet: "agent", Namespace: "shop", Pod: "a", Detail: "x"},
			{Kind: audit.Clash, SidecarSet: "agent", Detail: "in 1 of the pods"},
		},
		Protected: []protectedObject{{Name: "shop", Label: "always"}},
	}
	after := &auditReport{Findings: []audit.Finding{
		{Kind: audit.Missed, SidecarSet: "agent", Namespace: "shop", Pod: "b", Detail: "y"},
		{Kind: audit.Clash, SidecarSet: "agent", Detail: "in 2 of the pods"},
	}}
	var out strings.Builder
	if err := before.printChanges(&out, after); err != nil {
		t.Fatal(err)
	}
	want := "- missed  agent  Pod shop/a  x\n" +
		"- label  -   shop  its label has the value \"always\", which protects nothing: use Always or Cascading\n" +
		"+ missed  agent  Pod shop/b  y\n"
	if diff := cmp.Diff(want, out.String()); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

// TestVerdicts: what was found was found, also when something else is not known.
func TestVerdictsOfAnAudit(t *testing.T) {
	missed, note := audit.Finding{Kind: audit.Missed}, audit.Finding{Kind: audit.KeptOut}
	for name, test := range map[string]struct {
		report auditReport
		code   int
	}{
		"nothing":                       {auditReport{}, 0},
		"a note":                        {auditReport{Findings: []audit.Finding{note}}, 0},
		"a finding":                     {auditReport{Findings: []audit.Finding{note, missed}}, exitRefused},
		"a label that protects":         {auditReport{Protected: []protectedObject{{Protects: true}}}, 0},
		"a label that protects nothing": {auditReport{Protected: []protectedObject{{}}}, exitRefused},
		"not everything":                {auditReport{Unknown: []string{"x"}}, exitUnable},
		"a finding, not everything":     {auditReport{Findings: []audit.Finding{missed}, Unknown: []string{"x"}}, exitRefused},
	} {
		if code := exitCode(test.report.verdict()); code != test.code {
			t.Errorf("%s: exit code %d, want %d", name, code, test.code)
		}
	}
}

// TestProgress: nothing is said of a short scan, nor to what is no terminal; what was said is removed at the end.
func TestProgress(t *testing.T) {
	for name, test := range map[string]struct {
		total int
		want  string
	}{
		"total known":          {4000, "\r[#######.......................] 1000 of 4000 pods\r[###########...................] 1500 of 4000 pods\r\x1b[K"},
		"more than were there": {1000, "\r[##############################] 1000 of 1000 pods\r[##############################] 1500 of 1500 pods\r\x1b[K"},
		"total not known":      {0, "\rlooked at 1000 pods\rlooked at 1500 pods\r\x1b[K"},
	} {
		t.Run(name, func(t *testing.T) {
			now := time.Unix(0, 0)
			var out strings.Builder
			p := &progress{out: &out, now: func() time.Time { return now }}
			p.start(func() int { return test.total })
			p.add(500)
			if out.Len() > 0 {
				t.Errorf("said at once: %q", out.String())
			}
			now = now.Add(progressAfter)
			p.add(500)
			p.add(500)
			p.stop()
			if out.String() != test.want {
				t.Errorf("said %q, want %q", out.String(), test.want)
			}
		})
	}
	var file strings.Builder
	p := newProgress(&file)
	now := time.Unix(0, 0)
	p.now = func() time.Time { now = now.Add(time.Hour); return now }
	p.start(func() int {
		t.Error("pods are counted for nobody")
		return 0
	})
	p.add(1)
	p.stop()
	if file.Len() > 0 {
		t.Errorf("said to what is no terminal: %q", file.String())
	}
}

// TestCountPods: by what an API server says remains behind the first.
func TestCountPods(t *testing.T) {
	const pod = `{"apiVersion":"meta.k8s.io/v1","kind":"PartialObjectMetadata","metadata":{"namespace":"shop","name":"web"}}`
	for name, test := range map[string]struct {
		answer string
		want   int
	}{
		"many":    {`{"apiVersion":"meta.k8s.io/v1","kind":"PartialObjectMetadataList","metadata":{"continue":"x","remainingItemCount":41},"items":[` + pod + `]}`, 42},
		"unsaid":  {`{"apiVersion":"meta.k8s.io/v1","kind":"PartialObjectMetadataList","metadata":{},"items":[` + pod + `]}`, 0},
		"refused": {`{"apiVersion":"v1","kind":"Status","status":"Failure","code":403}`, 0},
	} {
		t.Run(name, func(t *testing.T) {
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if r.URL.Path != "/api/v1/namespaces/shop/pods" || r.URL.RawQuery != "limit=1" {
					t.Errorf("asked for %s", r.URL)
				}
				w.Header().Set("Content-Type", "application/json")
				if name == "refused" {
					w.WriteHeader(http.StatusForbidden)
				}
				_, _ = w.Write([]byte(test.answer))
			}))
			defer server.Close()
			client, err := metadata.NewForConfig(&rest.Config{Host: server.URL})
			if err != nil {
				t.Fatal(err)
			}
			if got := countPods(t.Context(), client, "shop"); got != test.want {
				t.Errorf("%d, want %d", got, test.want)
			}
		})
	}
}

// TestMistakesInFlagsOfTheAudit: of the server, too.
func TestMistakesInFlagsOfTheAudit(t *testing.T) {
	for line, want := range map[string]string{
		"serve --audit-interval -1s":                        "--audit-interval: invalid value -1s",
		"serve --evict-missed -1":                           "--evict-missed: invalid value -1, expected 0 to 600",
		"serve --evict-missed 601":                          "--evict-missed: invalid value 601, expected 0 to 600",
		"serve --evict-missed 60000000001":                  "--evict-missed: invalid value 60000000001, expected 0 to 600",
		"serve --evict-missed 1 --audit-interval 0":         "--evict-missed: 1 cannot be used together with --audit-interval 0",
		"serve --evict-missed 1 --manifests x":              "--evict-missed: 1 cannot be used together with --manifests",
		"doctor --service-name a.b":                         "--service-name: invalid value \"a.b\"",
		"doctor --service-account A":                        "--service-account: invalid value \"A\"",
		"doctor --webhook-configuration A":                  "--webhook-configuration: invalid value \"A\"",
		"doctor -o yaml":                                    "--output: unsupported value \"yaml\"",
		"doctor now":                                        `unknown argument "now"`,
		"audit now":                                         `unknown argument "now"`,
		"audit --timeout 0s":                                "--timeout: invalid value 0s",
		"audit --sidecarsets x -f y --kubeconfig somewhere": "--kubeconfig: \"somewhere\" cannot be used together with --sidecarsets",
	} {
		_, stderr, code := command(t, strings.Fields(line)...)
		if code != exitUsage || !strings.Contains(stderr, want) {
			t.Errorf("%s: exit code %d, message %q, want %q", line, code, stderr, want)
		}
	}
}

// TestSeriesOfMissedPodsAreBounded: the largest counts keep their names, and nothing is lost from the sum.
func TestSeriesOfMissedPodsAreBounded(t *testing.T) {
	counts := map[string]int{"a": 1, "b": 5, "c": 2, "d": 3}
	if diff := cmp.Diff(counts, largest(counts, 4)); diff != "" {
		t.Errorf("four of four (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(map[string]int{"b": 5, "d": 3, "": 3}, largest(counts, 3)); diff != "" {
		t.Errorf("three of four (-want +got):\n%s", diff)
	}
}
