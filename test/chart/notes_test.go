package chart

import (
	"strings"
	"testing"
)

// TestNotes: after an installation the user reads what his values mean for him, and nothing that does not concern him.
func TestNotes(t *testing.T) {
	cluster, _ := start(t)
	notes := func(t *testing.T, set string) string {
		t.Helper()
		text, err := helmIn(t.Context(), t, cluster, "install", release, chartDir(), "--dry-run=client", "--set", set)
		if err != nil {
			t.Fatal(err)
		}
		_, notes, found := strings.Cut(text, "\nNOTES:\n")
		if !found {
			t.Fatal("there are no notes")
		}
		return notes
	}
	const (
		waiting   = "kubectl --namespace kruise-admission rollout status deployment/kruise-admission"
		single    = "There is only one replica"
		noBundles = "must also write the CA to the caBundles"
		ownNodes  = "Each replica needs a node of its own"
		nothing   = "nothing is sent to it by this release"
	)
	for name, test := range map[string]struct {
		set  string
		want []string
	}{
		"defaults":               {"replicas=2", []string{waiting}},
		"one replica":            {"replicas=1", []string{waiting, single}},
		"autoscaling":            {"replicas=1,autoscaling.enabled=true", []string{waiting}},
		"a Secret without CA":    {"certificates.mode=secret,certificates.secret.name=c", []string{waiting, noBundles}},
		"a Secret and its CA":    {"certificates.mode=secret,certificates.secret.name=c,certificates.secret.caBundle=Y2E=", []string{waiting}},
		"network of the node":    {"hostNetwork=true", []string{waiting, ownNodes}},
		"no webhooks":            {"webhooks.create=false", []string{nothing}},
		"webhooks with the rest": {"webhooks.registration=WithRelease", nil},
	} {
		t.Run(name, func(t *testing.T) {
			text := notes(t, test.set)
			for _, always := range []string{"helm test kruise-admission --namespace kruise-admission", "kubectl delete mutatingwebhookconfiguration,validatingwebhookconfiguration kruise-admission"} {
				if !strings.Contains(text, always) {
					t.Errorf("%q is not said", always)
				}
			}
			wanted := map[string]bool{}
			for _, phrase := range test.want {
				wanted[phrase] = true
			}
			for _, phrase := range []string{waiting, single, noBundles, ownNodes, nothing} {
				if strings.Contains(text, phrase) != wanted[phrase] {
					t.Errorf("%q: said %t, want %t", phrase, !wanted[phrase], wanted[phrase])
				}
			}
		})
	}
}

// TestLint: helm itself finds nothing to say about the chart with any values file of ci/.
func TestLint(t *testing.T) {
	for name, file := range values(t) {
		if _, err := helm(t.Context(), t, "lint", chartDir(), "--strict", "--namespace", namespace, "--values", file); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}
