package protection

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

var noon = time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)

func annotated(value string) string {
	return labelled("Always", `,"namespace":"shop","uid":"u-1","annotations":{"`+BreakGlassAnnotation+`":"`+value+`"}`, "")
}

func TestBreakGlass(t *testing.T) {
	const both = "breakGlass: {groups: [oncall], annotation: {maxDuration: 1h}}\n"
	for name, c := range map[string]struct {
		configuration string
		old           string
		groups        []string
		why           string // "" when the glass holds
		message       string // what a refusal says about the annotation
	}{
		"nobody asks":            {both, labelled("Always", "", ""), []string{"dev"}, "", ""},
		"by group":               {both, labelled("Always", "", ""), []string{"dev", "oncall"}, `group "oncall"`, ""},
		"group not configured":   {"breakGlass: {groups: [others]}\n", labelled("Always", "", ""), []string{"oncall"}, "", ""},
		"not configured at all":  {"", annotated("2026-11-20T12:30:00Z INC-1"), []string{"oncall"}, "", ""},
		"by annotation":          {both, annotated("2026-11-20T12:30:00Z INC-1, node pool lost"), nil, "annotation until 2026-11-20T12:30:00Z: INC-1, node pool lost", ""},
		"in another time zone":   {both, annotated("2026-11-20T14:30:00+02:00 INC-1"), nil, "annotation until 2026-11-20T14:30:00+02:00: INC-1", ""},
		"exactly the longest":    {both, annotated("2026-11-20T13:00:00Z INC-1"), nil, "annotation until 2026-11-20T13:00:00Z: INC-1", ""},
		"too long":               {both, annotated("2026-11-20T13:00:01Z INC-1"), nil, "", "2026-11-20T13:00:01Z is more than 1h0m0s ahead"},
		"over":                   {both, annotated("2026-11-20T12:00:00Z INC-1"), nil, "", "it ended at 2026-11-20T12:00:00Z"},
		"no reason":              {both, annotated("2026-11-20T12:30:00Z"), nil, "", "it gives no reason after the time"},
		"blank reason":           {both, annotated("2026-11-20T12:30:00Z   "), nil, "", "it gives no reason after the time"},
		"no time":                {both, annotated("INC-1"), nil, "", `it starts with "INC-1" instead of a time like 2026-11-20T12:30:00Z`},
		"empty":                  {both, annotated(""), nil, "", `it starts with "" instead of a time`},
		"annotation not allowed": {"breakGlass: {groups: [oncall]}\n", annotated("2026-11-20T12:30:00Z INC-1"), nil, "", ""},
	} {
		t.Run(name, func(t *testing.T) {
			request := deleteOf(deployment, c.old)
			request.UserInfo.Groups = c.groups
			r := New(Options{Enabled: true, Table: configured(t, c.configuration), Now: func() time.Time { return noon }})
			got, err := r.Judge(context.Background(), request)
			if err != nil {
				t.Fatal(err)
			}
			if c.why == "" {
				if got.Outcome != Refused || got.BreakGlass != nil {
					t.Fatalf("got %+v", got)
				}
				want := ""
				if c.message != "" {
					want = "(annotation " + BreakGlassAnnotation + " does not count: " + c.message
				}
				if !strings.Contains(got.Message, want) || want == "" && strings.Contains(got.Message, "annotation") {
					t.Errorf("message %q, want %q", got.Message, want)
				}
				return
			}
			if got.Outcome != BrokeGlass || !got.Allowed || got.BreakGlass.Why != c.why {
				t.Fatalf("got %+v", got)
			}
			const refusal = `forbidden by ResourcesProtectionDeletion for policy.kruise.io/delete-protection=Always: to delete Deployment "x", remove that label first`
			if diff := cmp.Diff(map[string]string{AuditKey: "break-glass by " + c.why + ": " + refusal}, got.Audit); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestBreakGlassSaysWhatAndWho(t *testing.T) {
	r := New(Options{Enabled: true, Table: configured(t, "breakGlass: {annotation: {maxDuration: 1h}}\n"), Now: func() time.Time { return noon }})
	got, err := r.Judge(context.Background(), deleteOf(deployment, annotated("2026-11-20T12:30:00Z INC-1")))
	if err != nil {
		t.Fatal(err)
	}
	want := &BreakGlass{
		APIVersion: "apps/v1", Kind: "Deployment", Namespace: "shop", Name: "x", UID: "u-1", User: "jane", Operation: "DELETE",
		Why:     "annotation until 2026-11-20T12:30:00Z: INC-1",
		Refusal: "forbidden by ResourcesProtectionDeletion for policy.kruise.io/delete-protection=Always",
	}
	if diff := cmp.Diff(want, got.BreakGlass); diff != "" {
		t.Error(diff)
	}
}

// An Event is read by people who may not list what blocks.
func TestBreakGlassNamesNoOtherObject(t *testing.T) {
	request := deleteOf(namespace, labelled("Cascading", "", ""))
	request.UserInfo.Groups = []string{"oncall"}
	r := New(Options{
		Enabled: true, Dependents: &fakeDependents{pods: map[string][]string{"x": {"secret-project-0"}}},
		Table: configured(t, "breakGlass: {groups: [oncall]}\n"),
	})
	got, err := r.Judge(context.Background(), request)
	if err != nil {
		t.Fatal(err)
	}
	if want := "forbidden by ResourcesProtectionDeletion for policy.kruise.io/delete-protection=Cascading and active pods 1>0"; got.BreakGlass.Refusal != want {
		t.Errorf("got %q, want %q", got.BreakGlass.Refusal, want)
	}
	if !strings.Contains(got.Audit[AuditKey], "secret-project-0") {
		t.Errorf("audit %q", got.Audit)
	}
}

// Whoever holds the hammer does not have to wait for an API server that does not answer.
func TestBreakGlassWhenUndecided(t *testing.T) {
	request := deleteOf(namespace, labelled("Cascading", "", ""))
	request.UserInfo.Groups = []string{"oncall"}
	r := New(Options{Enabled: true, Dependents: &fakeDependents{err: errors.New("no answer")}, Table: configured(t, "breakGlass: {groups: [oncall]}\n")})
	got, err := r.Judge(context.Background(), request)
	if err != nil || got.Outcome != BrokeGlass || got.BreakGlass.Refusal != "what is below it cannot be told" || !strings.Contains(got.Audit[AuditKey], "no answer") {
		t.Errorf("got %+v, %v", got, err)
	}
}

// The glass stays whole where nothing is behind it.
func TestBreakGlassIsNotRecordedInVain(t *testing.T) {
	for name, old := range map[string]string{
		"nothing to refuse": labelled("Cascading", "", `"replicas":0`),
		"not protected":     `{"metadata":{"name":"x"}}`,
	} {
		request := deleteOf(cloneSet, old)
		request.UserInfo.Groups = []string{"oncall"}
		got, err := New(Options{Enabled: true, Table: configured(t, "breakGlass: {groups: [oncall]}\n")}).Judge(context.Background(), request)
		if err != nil || got.BreakGlass != nil || !got.Allowed {
			t.Errorf("%s: got %+v, %v", name, got, err)
		}
	}
}
