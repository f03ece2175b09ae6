package docs

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/kruise-admission/kruise-admission/test/installation"
)

var (
	alertOfChart   = regexp.MustCompile(`(?m)^ *- alert: (\S+)$`)
	alertOfRunbook = regexp.MustCompile(`(?m)^## (KruiseAdmission\w+)$`)
)

// TestRunbookHasEveryAlert: whoever is called at night finds a section with the name of the alert, and the same three things in each.
func TestRunbookHasEveryAlert(t *testing.T) {
	rule, err := os.ReadFile(filepath.Join(installation.Root(), "deploy", "charts", "kruise-admission", "templates", "prometheusrule.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	runbook := read(t, "docs/runbook.md")
	alerts, sections := names(alertOfChart, string(rule)), names(alertOfRunbook, runbook)
	if len(alerts) == 0 {
		t.Fatal("the chart has no alerts")
	}
	for _, alert := range alerts {
		if !slices.Contains(sections, alert) {
			t.Errorf("docs/runbook.md has no section %s", alert)
			continue
		}
		_, section, _ := strings.Cut(runbook, "\n## "+alert+"\n")
		section, _, _ = strings.Cut(section, "\n## ")
		for _, part := range []string{"**Meaning.**", "**First look.**", "**Remedy.**"} {
			if !strings.Contains(section, part) {
				t.Errorf("docs/runbook.md, %s: no %s", alert, part)
			}
		}
	}
	for _, section := range sections {
		if !slices.Contains(alerts, section) {
			t.Errorf("docs/runbook.md describes %s, and there is no such alert", section)
		}
	}
}

func names(pattern *regexp.Regexp, text string) (found []string) {
	for _, match := range pattern.FindAllStringSubmatch(text, -1) {
		found = append(found, match[1])
	}
	return found
}
