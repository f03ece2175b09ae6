package chart

import (
	"fmt"
	"maps"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// scenarioMinutes is how long a scenario takes: longer than a day, because one alert asks about a day.
const scenarioMinutes = 2000

// Values of a series in the notation of promtool, one a minute.

func always(value string) string { return fmt.Sprintf("%sx%d", value, scenarioMinutes) }

// lately is before until so many minutes before the end, and then after. Either may be a number, or a start and a step.
func lately(minutes int, before, after string) string {
	return fmt.Sprintf("%sx%d %sx%d", before, scenarioMinutes-minutes, after, minutes-1)
}

// The series of a server. Times are Unix times, and scenarios begin at 0.
const (
	inFlight    = `kruise_admission_reviews_in_flight{namespace="NS",pod="a"}`
	unable      = `kruise_admission_reviews_total{namespace="NS",pod="a",endpoint="/mutate-pod",decision="unable"}`
	allowed     = `kruise_admission_reviews_total{namespace="NS",pod="a",endpoint="/mutate-pod",decision="allowed"}`
	shed        = `kruise_admission_shed_reviews_total{namespace="NS",pod="a"}`
	unreadable  = `kruise_admission_unreadable_reviews_total{namespace="NS",pod="a",endpoint="/mutate-pod"}`
	panics      = `kruise_admission_panics_total{namespace="NS",pod="a",endpoint="/mutate-pod"}`
	background  = `kruise_admission_background_panics_total{namespace="NS",pod="a"}`
	synced      = `kruise_admission_view_synced{namespace="NS",pod="a"}`
	missedPods  = `kruise_admission_missed_pods{namespace="NS",pod="a",sidecarset="s"}`
	lastReview  = `kruise_admission_last_review_timestamp_seconds{namespace="NS",pod="a"}`
	idleReplica = `kruise_admission_last_review_timestamp_seconds{namespace="NS",pod="b"}`
	mismatch    = `kruise_admission_ca_bundle_mismatch{namespace="NS",pod="a",resource="r",name="n"}`
	unserved    = `kruise_admission_unserved_entries{namespace="NS",pod="a",resource="r",name="n"}`
	certificate = `kruise_admission_certificate_expiry_timestamp_seconds{namespace="NS",pod="a"}`
	authority   = `kruise_admission_ca_expiry_timestamp_seconds{namespace="NS",pod="a"}`
	publishing  = `kruise_admission_ca_rotation_phase{namespace="NS",pod="a",phase="publishing"}`
	within      = `kruise_admission_review_duration_seconds_bucket{namespace="NS",pod="a",endpoint="/mutate-pod",le="`
)

// healthy are the series while all is well. What is wrong in another namespace is another installation's business.
var healthy = map[string]string{
	inFlight: always("1"), allowed: always("0+60"), unable: always("3"), shed: always("7"), unreadable: always("1"), panics: always("1"),
	background: always("2"), unserved: always("0"),
	synced: always("1"), missedPods: always("0"), lastReview: always("1+60"), idleReplica: always("0"), mismatch: always("0"),
	certificate: always("1000000000"), authority: always("1000000000"), publishing: always("0"),
	within + `0.1"}`: always("0+60"), within + `2.5"}`: always("0+60"), within + `+Inf"}`: always("0+60"),
	`kruise_admission_panics_total{namespace="elsewhere",endpoint="/mutate-pod"}`: always("0+1"),
	`kruise_admission_view_synced{namespace="elsewhere"}`:                         always("0"),
	`kruise_admission_ca_bundle_mismatch{namespace="elsewhere"}`:                  always("1"),
}

// TestAlerts: each alert fires when what it is about has happened, by Prometheus' own engine, and no other does; none fires for what passes
// by itself.
func TestAlerts(t *testing.T) {
	tests := []struct {
		name    string
		changes map[string]string
		want    string // alerts without their prefix
	}{
		{"all is well", nil, ""},
		{"no replica is scraped", map[string]string{inFlight: lately(30, "1", "_")}, "Down"},
		{"scrapes are missed for a while", map[string]string{inFlight: lately(7, "1", "_")}, ""},
		{"errors", map[string]string{unable: always("0+1")}, "CannotDecide"},
		{"errors that are over", map[string]string{unable: lately(20, "0+1", "2000")}, ""},
		{"errors for some minutes", map[string]string{unable: lately(5, "3", "4+1")}, ""},
		{"overload", map[string]string{shed: always("0+5")}, "Overloaded"},
		{"a panic", map[string]string{panics: lately(5, "1", "2")}, "Panics"},
		{"the first panic", map[string]string{panics: lately(5, "0", "1")}, "Panics"},
		{"a panic long ago", map[string]string{panics: lately(60, "1", "2")}, ""},
		{"a panic beside the reviews", map[string]string{background: lately(5, "2", "3")}, "BackgroundPanics"},
		{"a panic beside the reviews long ago", map[string]string{background: lately(60, "2", "3")}, ""},
		{"something else posts", map[string]string{unreadable: always("0+1")}, "Unreadable"},
		{"a replica cannot read", map[string]string{synced: lately(20, "1", "0")}, "Blind"},
		{"a replica starts", map[string]string{synced: lately(4, "1", "0")}, ""},
		{"injections were missed", map[string]string{missedPods: lately(60, "0", "4")}, "Missed"},
		{"missed pods are replaced soon", map[string]string{missedPods: lately(20, "0", "4")}, ""},
		{"nobody has ever asked", map[string]string{lastReview: always("0")}, "NeverAsked"},
		{"nobody asks any more", map[string]string{lastReview: always("60")}, "NoLongerAsked"},
		{"nobody asks at night", map[string]string{lastReview: lately(600, "1+60", "84001")}, ""},
		{"a caBundle is wrong", map[string]string{mismatch: lately(20, "0", "1")}, "BundleMismatch"},
		{"a caBundle is repaired soon", map[string]string{mismatch: lately(3, "0", "1")}, ""},
		{"a path that nobody serves", map[string]string{unserved: lately(30, "0", "1")}, "Unserved"},
		{"a configuration that is newer for minutes", map[string]string{unserved: lately(5, "0", "1")}, ""},
		{"the certificate expires", map[string]string{certificate: always("160000")}, "CertificateExpires"},
		{"the authority expires", map[string]string{authority: always("1000000")}, "AuthorityExpires"},
		{"a rotation is stuck", map[string]string{publishing: lately(90, "0", "1")}, "RotationStuck"},
		{"a rotation", map[string]string{publishing: lately(10, "0", "1")}, ""},
		{"slow reviews", map[string]string{within + `0.1"}`: always("0+50")}, "Slow"},
	}
	alerts := alertsOf(t, find(render(t, "--set", "prometheusRule.enabled=true"), "PrometheusRule", release))
	question := struct {
		Alerts    []alert
		Scenarios [][]string
		Minutes   int
	}{Alerts: alerts, Minutes: scenarioMinutes}
	for _, test := range tests {
		series := maps.Clone(healthy)
		for name := range test.changes {
			if series[name] == "" {
				t.Errorf("%s: no series %s", test.name, name)
			}
		}
		maps.Copy(series, test.changes)
		var lines []string
		for name, values := range series {
			lines = append(lines, strings.Replace(name, `"NS"`, `"`+namespace+`"`, 1)+" "+values)
		}
		question.Scenarios = append(question.Scenarios, lines)
	}
	var firing [][]string
	askPromQL(t, "./alerts", question, &firing)
	fired := map[string]bool{}
	for i, test := range tests {
		want := []string{}
		if test.want != "" {
			want = append(want, "KruiseAdmission"+test.want)
			fired[want[0]] = true
		}
		if diff := cmp.Diff(want, firing[i]); diff != "" {
			t.Errorf("%s (-want +got):\n%s", test.name, diff)
		}
	}
	for _, a := range alerts {
		if !fired[a.Alert] {
			t.Errorf("no scenario is about %s", a.Alert)
		}
	}
}
